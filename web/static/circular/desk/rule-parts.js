/* What stands for each part of a rule in the builder: a condition as a sentence with gaps, a group as a list of them. */
(() => {
  'use strict';
  const { h, icon } = window.CircularDom;
  const Rule = window.CircularRule;

  const select = (attributes, options, chosen, changed) => {
    const made = h('select', { ...attributes, on: { change: () => changed(made.value) } }, ...options);
    made.value = chosen;
    return made;
  };
  const option = ([value, label]) => h('option', { value, text: label });

  /** `builder` has known, words, changed(part), redraw(id, key), tell(text); the parts are drawn anew by redraw. */
  class Parts {
    constructor(builder) {
      this.builder = builder;
      this.words = builder.words;
      this.drawn = [];
    }

    clear() {
      this.drawn.forEach((values) => values.destroy());
      this.drawn = [];
    }

    root(part) {
      return this.group(part, null, '', 0);
    }

    item(part, parent, index, number, depth) {
      const joint = index ? h('span', { class: 'circ-part__joint', text: { all: this.words.and, any: this.words.or, none: this.words.or }[parent.mode] }) : null;
      const made = part.kind === 'group' ? this.group(part, parent, number, depth) : this.condition(part, number);
      return h('li', { class: 'circ-part', 'data-part': part.id }, joint, made);
    }

    group(part, parent, number, depth) {
      const { words } = this;
      const modes = Rule.MODES.map((mode) => [mode, words[mode]]);
      const choose = select({ 'aria-label': `${number ? `${words.group} ${number}` : words.everyone_whom}: ${words.how_group}`, 'data-key': 'mode' }, modes.map(option), part.mode, (mode) => {
        part.mode = mode;
        this.builder.changed(part);
        this.builder.redraw(part.id, 'mode');
      });
      const label = parent ? null : h('span', { class: 'circ-group__lead', text: words.everyone_whom });
      const head = h('div', { class: 'circ-group__head' }, parent ? this.handle(part) : null, label, choose, parent ? this.tools(part) : null);
      const items = part.parts.map((each, index) => this.item(each, part, index, number ? `${number}.${index + 1}` : `${index + 1}`, depth + 1));
      const add = h(
        'div',
        { class: 'circ-group__add' },
        this.adder('add_condition', 'add-condition', () => this.builder.add(part, this.builder.blank())),
        depth < Rule.DEEPEST - 1 ? this.adder('add_group', 'add-group', () => this.builder.add(part, Rule.group(part.mode === 'any' ? 'all' : 'any', [this.builder.blank()]))) : null,
      );
      return h(
        'div',
        { class: 'circ-group', role: 'group', 'data-mode': part.mode, 'data-id': part.id, 'data-depth': depth % 3, 'aria-label': number ? `${words.group} ${number}` : words.everyone_whom },
        head,
        h('ol', { class: 'circ-group__parts', 'data-group': part.id }, ...items),
        part.parts.length ? null : h('p', { class: 'circ-group__empty', text: words[`empty_${part.mode}`] }),
        this.error(part),
        add,
      );
    }

    adder(word, key, clicked) {
      return h('button', { type: 'button', class: 'button button-small button-secondary', 'data-key': key, on: { click: clicked } }, icon(key === 'add-group' ? 'list-ul' : 'plus'), h('span', { text: this.words[word] }));
    }

    condition(part, number) {
      const row = h('div', { class: 'circ-condition__words' }, this.fieldChoice(part), ...this.sentence(part));
      return h(
        'div',
        { class: 'circ-condition', role: 'group', 'data-id': part.id, 'data-kind': part.kind, 'aria-label': `${this.words.condition} ${number}` },
        h('div', { class: 'circ-condition__row' }, this.handle(part), row, this.tools(part)),
        this.error(part),
      );
    }

    error(part) {
      return h('p', { class: 'error-message circ-part__error', id: `circ-error-${part.id}`, 'data-error': part.id, hidden: !part.error, text: part.error || '' });
    }

    handle(part) {
      return h('span', { class: 'circ-part__handle', draggable: 'true', title: this.words.drag, 'aria-hidden': 'true', 'data-handle': part.id }, icon('grip'));
    }

    tools(part) {
      const tool = (key, name, clicked) =>
        h('button', { type: 'button', class: 'circ-tool', title: this.words[key], 'aria-label': this.words[key], 'data-key': key, on: { click: clicked } }, icon(name));
      return h(
        'div',
        { class: 'circ-part__tools' },
        tool('up', 'arrow-up', () => this.builder.step(part, -1, 'up')),
        tool('down', 'arrow-down', () => this.builder.step(part, 1, 'down')),
        tool('duplicate', 'copy', () => this.builder.duplicate(part)),
        tool('remove', 'bin', () => this.builder.remove(part)),
      );
    }

    fieldChoice(part) {
      const name = part.kind === 'field' ? part.field : `@${part.kind}`;
      const groups = this.builder.known.groups.map((group) =>
        h('optgroup', { label: group.label }, ...group.fields.map((field) => option([field.name, field.label]))),
      );
      if (!this.builder.fields.has(name)) groups.unshift(option([name, part.kind === 'field' ? part.field : '?']));
      return select({ 'aria-label': this.words.what, 'data-key': 'field', class: 'circ-condition__field' }, groups, name, (chosen) => {
        this.builder.replace(part, this.builder.blank(chosen));
      });
    }

    sentence(part) {
      switch (part.kind) {
        case 'field':
          return this.fieldSentence(part);
        case 'segment':
          return this.segmentSentence(part);
        case 'affiliation':
          return this.affiliationSentence(part);
        case 'engagement':
          return this.engagementSentence(part);
        default:
          return [h('div', { class: 'circ-condition__strange' }, h('p', { text: this.words.not_understood }), h('code', { text: JSON.stringify(part.rule) }))];
      }
    }

    set(part, values, key) {
      Object.assign(part, values);
      this.builder.changed(part);
      if (key) this.builder.redraw(part.id, key);
    }

    fieldSentence(part) {
      const field = this.builder.fields.get(part.field);
      const ops = field.ops.includes(part.op) ? field.ops : [...field.ops, part.op];
      const op = select({ 'aria-label': this.words.question, 'data-key': 'op', class: 'circ-condition__op' }, ops.map((each) => option([each, this.builder.known.ops[each] || each])), part.op, (chosen) =>
        this.set(part, { op: chosen, value: this.builder.valueFor(chosen, part) }, 'op'),
      );
      return [op, this.value(part, field)];
    }

    value(part, field) {
      const { op } = part;
      if (['yes', 'no', 'known', '!known'].includes(op)) return null;
      if (op.endsWith('in')) return this.values(field, part.value, part);
      if (op.endsWith('_days')) {
        const days = this.input(part, { type: 'number', min: 1, max: 36500, step: 1, class: 'circ-condition__number' }, (text) => (text === '' ? '' : Number(text)));
        return h('span', { class: 'circ-condition__unit' }, days, h('span', { text: op === 'within_days' ? this.words.days : this.words.days_ago }));
      }
      if (field.kind === 'date') return this.input(part, { type: 'date', class: 'circ-condition__date', title: this.words.utc });
      if (field.kind === 'number') return this.input(part, { type: 'number', step: 'any', class: 'circ-condition__number' }, (text) => (text === '' ? '' : Number(text)));
      return this.input(part, { type: 'text', maxlength: 200 });
    }

    input(part, attributes, reading = (text) => text) {
      const made = h('input', {
        ...attributes,
        'aria-label': this.words.value,
        'aria-describedby': `circ-error-${part.id}`,
        'data-key': 'value',
        on: {
          input: () => this.set(part, { value: reading(made.value) }),
          keydown: (event) => event.key === 'Enter' && event.preventDefault(),
        },
      });
      made.value = part.value ?? '';
      return made;
    }

    values(field, chosen, part) {
      const values = new window.CircularValues({
        label: field.label,
        words: this.words,
        values: chosen,
        choices: field.search ? null : field.choices,
        search: field.search ? (text) => this.builder.organisations(text) : null,
        names: field.search ? this.builder.known.organisations : {},
        changed: () => this.builder.changed(part),
        tell: (text) => this.builder.tell(text),
        describedby: `circ-error-${part.id}`,
      });
      this.drawn.push(values);
      return values.element;
    }

    segmentSentence(part) {
      const { words } = this;
      const has = select({ 'aria-label': words.question, 'data-key': 'op', class: 'circ-condition__op' }, [option(['yes', words.is_in]), option(['no', words.is_not_in])], part.has ? 'yes' : 'no', (value) =>
        this.set(part, { has: value === 'yes' }),
      );
      const known = this.builder.known.segments;
      const gone = part.slug && !known.some(([slug]) => slug === part.slug) ? [[part.slug, words.gone.replace('{name}', part.slug)]] : [];
      const which = select(
        { 'aria-label': words.value, 'aria-describedby': `circ-error-${part.id}`, 'data-key': 'value', class: 'circ-condition__choice' },
        [['', words.choose], ...gone, ...known].map(option),
        part.slug,
        (slug) => this.set(part, { slug }),
      );
      return [has, which];
    }

    affiliationSentence(part) {
      const { words } = this;
      const has = select({ 'aria-label': words.question, 'data-key': 'op', class: 'circ-condition__op' }, [option(['yes', words.there_is]), option(['no', words.there_is_none])], part.has ? 'yes' : 'no', (value) =>
        this.set(part, { has: value === 'yes' }),
      );
      const whens = [['current', words.current], ['past', words.past], ['any', words.either]].map(option);
      const when = select({ 'aria-label': words.value, 'data-key': 'when', class: 'circ-condition__op' }, whens, part.when, (value) => this.set(part, { when: value }));
      const details = part.details.map((detail, index) => this.detail(part, detail, index));
      const left = this.builder.known.affiliation.filter((key) => !part.details.some((detail) => detail.key === key));
      const add = left.length
        ? select({ 'aria-label': words.add_detail, 'data-key': 'add-detail', class: 'circ-detail__add' }, [['', words.add_detail], ...left.map((key) => [key, this.builder.fields.get(key).label])].map(option), '', (key) => {
            part.details.push({ key, values: [] });
            this.builder.changed(part);
            this.builder.redraw(part.id, `add-${this.builder.fields.get(key).label}`);
          })
        : null;
      return [has, when, h('div', { class: 'circ-details' }, ...details, add)];
    }

    detail(part, detail, index) {
      const field = this.builder.fields.get(detail.key);
      const remove = h(
        'button',
        {
          type: 'button',
          class: 'circ-tool',
          title: this.words.remove_detail,
          'aria-label': `${this.words.remove_detail}: ${field.label}`,
          on: {
            click: () => {
              part.details.splice(index, 1);
              this.builder.changed(part);
              this.builder.redraw(part.id, 'add-detail');
            },
          },
        },
        icon('cross'),
      );
      const name = h('span', { class: 'circ-detail__name', text: index ? `${this.words.and} ${field.label}` : `${this.words.with} ${field.label}` });
      return h('div', { class: 'circ-detail' }, name, this.values(field, detail.values, part), remove);
    }

    engagementSentence(part) {
      const { words } = this;
      const known = this.builder.known.bulletins;
      const gone = part.bulletin && !known.some(([key]) => key === part.bulletin) ? [[part.bulletin, words.gone.replace('{name}', part.bulletin.slice(0, 8))]] : [];
      const gaps = {
        action: () => select({ 'aria-label': words.action, 'data-key': 'action' }, ['opened', 'clicked', 'received'].map((each) => option([each, words[each]])), part.action, (action) => this.set(part, { action }, 'action')),
        how: () => select({ 'aria-label': words.how_many, 'data-key': 'how' }, ['none', 'any', 'all'].map((each) => option([each, words[`how_${each}`]])), part.how, (how) => this.set(part, { how })),
        issues: () => {
          const made = h('input', {
            type: 'number', min: 1, max: 50, step: 1, value: part.issues, class: 'circ-condition__number', 'aria-label': words.issues, 'data-key': 'issues',
            on: { input: () => this.set(part, { issues: Number(made.value) }), keydown: (event) => event.key === 'Enter' && event.preventDefault() },
          });
          return made;
        },
        bulletin: () =>
          select({ 'aria-label': words.bulletin, 'aria-describedby': `circ-error-${part.id}`, 'data-key': 'value', class: 'circ-condition__choice' }, [['', words.choose], ...gone, ...known].map(option), part.bulletin, (bulletin) => this.set(part, { bulletin })),
      };
      const pieces = words.engagement.split(/\{(\w+)\}/).map((piece, index) => {
        if (index % 2) return gaps[piece]();
        return piece.trim() ? h('span', { text: piece.trim() }) : null;
      });
      const note = words[`consent_${part.action}`];
      return [...pieces, note ? h('p', { class: 'circ-condition__note', text: note }) : null];
    }
  }

  window.CircularRuleParts = Parts;
})();
