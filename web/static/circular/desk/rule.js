/* A segment's rule as a tree that a person can build, and back to plain data. No DOM in here. */
(() => {
  'use strict';

  const MODES = ['all', 'any', 'none'];
  // What has a contrary that is said in one breath; the contrary of anything else is a group of none.
  const NEGATABLE = ['in', 'is', 'contains', 'starts', 'ends'];
  const AFFILIATION_KEYS = ['role', 'programme', 'organisation', 'country', 'region', 'organisation_kind', 'tier'];
  const DEEPEST = 19; // groups within groups; a condition stands one deeper
  let made = 0;

  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const isTexts = (value) => Array.isArray(value) && value.every((each) => typeof each === 'string');
  const node = (kind, rest) => ({ id: (made += 1), kind, ...rest });
  const group = (mode, parts = []) => node('group', { mode, parts });
  const unknown = (rule) => node('unknown', { rule });

  /** The rule as a tree; what isn't understood is kept in it as it is. `kindOf` says the kind of a field. */
  function read(rule, kindOf) {
    if (!isObject(rule)) return unknown(rule);
    const names = Object.keys(rule).sort().join(' ');
    if (MODES.includes(names) && Array.isArray(rule[names])) {
      return group(
        names,
        rule[names].map((part) => read(part, kindOf)),
      );
    }
    if (names === 'not') return contrary(read(rule.not, kindOf));
    if (names === 'segment' && typeof rule.segment === 'string') return node('segment', { has: true, slug: rule.segment });
    if (names === 'affiliation' && isObject(rule.affiliation)) return readAffiliation(rule);
    if (names === 'bulletin engagement how_many issues') return readEngagement(rule);
    return isObject(rule) && 'field' in rule ? readField(rule, kindOf) : unknown(rule);
  }

  function readField(rule, kindOf) {
    const [op, ...more] = Object.keys(rule).filter((each) => each !== 'field');
    const kind = kindOf(rule.field);
    if (!kind || !op || more.length) return unknown(rule);
    const value = rule[op];
    const { field } = rule;
    if (op === 'known' && typeof value === 'boolean') return node('field', { field, op: value ? 'known' : '!known', value: null });
    if (op === 'is' && kind === 'boolean' && typeof value === 'boolean') return node('field', { field, op: value ? 'yes' : 'no', value: null });
    if (op === 'in' ? isTexts(value) : ['string', 'number'].includes(typeof value)) return node('field', { field, op, value });
    return unknown(rule);
  }

  function readAffiliation(rule) {
    const { when = 'current', ...keys } = rule.affiliation;
    const details = Object.entries(keys).map(([key, values]) => ({ key, values }));
    const sound = ['current', 'past', 'any'].includes(when) && details.every((each) => AFFILIATION_KEYS.includes(each.key) && isTexts(each.values));
    return sound ? node('affiliation', { has: true, when, details }) : unknown(rule);
  }

  function readEngagement(rule) {
    const sound = ['received', 'opened', 'clicked'].includes(rule.engagement) && ['none', 'any', 'all'].includes(rule.how_many);
    if (!sound) return unknown(rule);
    return node('engagement', { action: rule.engagement, how: rule.how_many, issues: rule.issues, bulletin: rule.bulletin });
  }

  /** Everyone whom `part` does not match. */
  function contrary(part) {
    if (part.kind === 'field' && NEGATABLE.includes(part.op)) return { ...part, op: `!${part.op}` };
    if ((part.kind === 'segment' || part.kind === 'affiliation') && part.has) return { ...part, has: false };
    if (part.kind === 'group' && part.mode !== 'all') return { ...part, mode: part.mode === 'any' ? 'none' : 'any' };
    return group('none', [part]);
  }

  /** The tree as plain data. */
  function write(part) {
    switch (part.kind) {
      case 'group':
        return { [part.mode]: part.parts.map(write) };
      case 'segment':
        return not(!part.has, { segment: part.slug });
      case 'affiliation': {
        const keys = Object.fromEntries(part.details.map((each) => [each.key, each.values]));
        return not(!part.has, { affiliation: { ...keys, when: part.when } });
      }
      case 'engagement':
        return { engagement: part.action, bulletin: part.bulletin, issues: part.issues, how_many: part.how };
      case 'field':
        return writeField(part);
      default:
        return part.rule;
    }
  }

  function writeField({ field, op, value }) {
    if (op === 'known' || op === '!known') return { field, known: op === 'known' };
    if (op === 'yes' || op === 'no') return { field, is: op === 'yes' };
    const plain = op.replace('!', '');
    return not(plain !== op, { field, [plain]: value });
  }

  const not = (negated, rule) => (negated ? { not: rule } : rule);

  /** What is missing in a condition: the name of a word for it, or nothing. */
  function lacking(part) {
    const { value } = part;
    switch (part.kind) {
      case 'segment':
        return part.slug ? '' : 'choose_segment';
      case 'engagement':
        if (!part.bulletin) return 'choose_bulletin';
        return Number.isInteger(part.issues) && part.issues >= 1 && part.issues <= 50 ? '' : 'issues_number';
      case 'affiliation':
        if (!part.details.length) return 'choose_detail';
        return part.details.every((each) => each.values.length) ? '' : 'choose_value';
      case 'field':
        if (['known', '!known', 'yes', 'no'].includes(part.op)) return '';
        if (part.op.endsWith('in')) return value.length ? '' : 'choose_value';
        if (part.op.endsWith('_days')) return Number.isInteger(value) && value >= 1 ? '' : 'days_number';
        return value === '' || value === null ? 'write_value' : '';
      default:
        return '';
    }
  }

  /** The tree without the conditions that lack something, and without groups that only held such; null if it was all. */
  function complete(part) {
    if (part.kind !== 'group') return lacking(part) ? null : part;
    const kept = part.parts.map(complete).filter(Boolean);
    return part.parts.length && !kept.length ? null : { ...part, parts: kept };
  }

  /** JSON to be read: a line for each condition. */
  function text(rule, indent = '') {
    const mode = MODES.find((each) => isObject(rule) && Array.isArray(rule[each]) && rule[each].length && Object.keys(rule).length === 1);
    if (!mode) return JSON.stringify(rule, null, 1).replace(/\n\s*/g, ' ').replace(/([{[]) | ([}\]])/g, '$1$2');
    const inner = `${indent}  `;
    return `{"${mode}": [\n${inner}${rule[mode].map((part) => text(part, inner)).join(`,\n${inner}`)}\n${indent}]}`;
  }

  /** A copy with numbers of its own. */
  function copy(part) {
    const twin = { ...structuredClone(part), id: (made += 1) };
    if (twin.kind === 'group') twin.parts = part.parts.map(copy);
    return twin;
  }

  const height = (part) => (part.kind === 'group' ? 1 + Math.max(0, ...part.parts.map(height)) : 0);

  /** The place of the part numbered `id`: its parent, its index there, and how many groups it stands in. */
  function find(root, id, depth = 1) {
    for (const [index, part] of root.parts.entries()) {
      if (part.id === id) return { part, parent: root, index, depth };
      const deeper = part.kind === 'group' ? find(part, id, depth + 1) : null;
      if (deeper) return deeper;
    }
    return null;
  }

  /** Move a part one place up (-1) or down (1), into a neighbouring group and out of its own; whether it moved. */
  function step(root, id, direction) {
    const at = find(root, id);
    if (!at) return false;
    const { part, parent, index, depth } = at;
    const neighbour = parent.parts[index + direction];
    if (!neighbour) {
      const above = find(root, parent.id);
      if (!above) return false;
      parent.parts.splice(index, 1);
      above.parent.parts.splice(above.index + (direction > 0 ? 1 : 0), 0, part);
      return true;
    }
    parent.parts.splice(index, 1);
    if (neighbour.kind === 'group' && depth + 1 + height(part) <= DEEPEST) {
      neighbour.parts.splice(direction > 0 ? 0 : neighbour.parts.length, 0, part);
    } else {
      parent.parts.splice(index + direction, 0, part);
    }
    return true;
  }

  /** Put a part into the group `into` before its part `before` (null: at its end); whether that can be. */
  function place(root, id, into, before) {
    const at = find(root, id);
    const target = into === root.id ? { part: root, depth: 0 } : find(root, into);
    if (!at || !target || id === before || id === into || (at.part.kind === 'group' && find(at.part, into))) return false;
    if (target.depth + 1 + height(at.part) > DEEPEST) return false;
    at.parent.parts.splice(at.index, 1);
    const index = before === null ? -1 : target.part.parts.findIndex((each) => each.id === before);
    target.part.parts.splice(index < 0 ? target.part.parts.length : index, 0, at.part);
    return true;
  }

  /** The part at `path`, the numbers from the root down; the nearest above it where there is none. */
  function at(root, path) {
    return path.reduce((part, number) => (part.kind === 'group' && part.parts[number]) || part, root);
  }

  window.CircularRule = { AFFILIATION_KEYS, DEEPEST, MODES, at, complete, copy, find, group, height, lacking, node, place, read, step, text, write };
})();
