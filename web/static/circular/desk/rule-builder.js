/* The builder of a segment's rule. The text area with the JSON stays the truth; who matches is asked as one builds. */
(() => {
  'use strict';
  const { Controller } = window.StimulusModule;
  const Rule = window.CircularRule;
  const { h } = window.CircularDom;

  const PAUSE = 350; // milliseconds after the last change
  const SLOW = 1000; // milliseconds after which an answer is said to be slow

  class RuleController extends Controller {
    static targets = ['views', 'tree', 'text', 'count', 'matches', 'told'];

    static values = { url: String, of: String, stored: String, failed: String };

    connect() {
      this.known = JSON.parse(document.getElementById('circular-rule-data').textContent);
      this.words = this.known.words;
      this.fields = new Map(this.known.groups.flatMap((group) => group.fields.map((field) => [field.name, field])));
      this.area = this.textTarget.querySelector('textarea');
      this.form = this.element.closest('form');
      this.parts = new window.CircularRuleParts(this);
      this.onText = () => this.ask();
      this.onClick = (event) => this.beforeSubmit(event);
      this.area.addEventListener('input', this.onText);
      this.form.addEventListener('click', this.onClick, true);
      ['dragstart', 'dragover', 'drop', 'dragend'].forEach((name) => this.treeTarget.addEventListener(name, (event) => this[name](event)));
      this.viewsTarget.hidden = false;
      const shown = this.read();
      this.setView(shown ? 'tree' : 'text');
      for (const problem of shown ? this.known.problems : []) Rule.at(this.root, problem.path).error = problem.text;
      this.draw();
      this.fetch();
    }

    disconnect() {
      clearTimeout(this.timer);
      clearTimeout(this.slowTimer);
      this.aborter?.abort();
      this.parts.clear();
      this.area.removeEventListener('input', this.onText);
      this.form.removeEventListener('click', this.onClick, true);
    }

    // The two views

    show(event) {
      const { view } = event.currentTarget.dataset;
      if (view === 'tree' && this.view !== 'tree' && !this.read()) return;
      this.setView(view);
      this.draw();
    }

    setView(view) {
      this.view = view;
      this.treeTarget.hidden = view !== 'tree';
      this.textTarget.hidden = view === 'tree';
      this.viewsTarget.querySelectorAll('button').forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.view === view)));
    }

    /** The tree from the text area; false, and told, where that holds no JSON. */
    read() {
      let rule;
      try {
        rule = JSON.parse(this.area.value);
      } catch (error) {
        this.tell(this.words.not_json.replace('{problem}', error.message), null, true);
        return false;
      }
      const part = Rule.read(rule, (name) => this.fields.get(name)?.kind);
      this.root = part.kind === 'group' ? part : Rule.group('all', [part]);
      this.tell('');
      return true;
    }

    // What the parts ask for

    blank(name = this.known.groups[0].fields[0].name) {
      switch (name) {
        case '@affiliation':
          return Rule.node('affiliation', { has: true, when: 'current', details: [{ key: 'role', values: [] }] });
        case '@engagement':
          return Rule.node('engagement', { action: 'opened', how: 'none', issues: 3, bulletin: this.known.bulletins.length === 1 ? this.known.bulletins[0][0] : '' });
        case '@segment':
          return Rule.node('segment', { has: true, slug: '' });
        default: {
          const op = this.fields.get(name).ops[0];
          return Rule.node('field', { field: name, op, value: op === 'in' ? [] : '' });
        }
      }
    }

    /** The value that a part keeps when it is asked otherwise. */
    valueFor(op, { op: before, value }) {
      const shape = (each) => ({ in: 'list', within_days: 'days', older_days: 'days', before: 'day', from: 'day', least: 'number', most: 'number' })[each.replace('!', '')] || 'text';
      const empty = shape(op) === 'list' ? [] : '';
      const same = shape(op) === shape(before) || (['number', 'text'].includes(shape(op)) && ['number', 'text'].includes(shape(before)));
      return same && value !== null ? value : empty;
    }

    async organisations(text) {
      const answer = await fetch(`${this.known.organisationsUrl}?q=${encodeURIComponent(text)}`, { headers: { Accept: 'application/json' } });
      return answer.ok ? answer.json() : null;
    }

    changed(part) {
      part.error = '';
      const shown = this.treeTarget.querySelector(`[data-error="${part.id}"]`);
      if (shown) shown.hidden = true;
      this.write();
      this.ask();
    }

    write() {
      this.area.value = Rule.text(Rule.write(this.root));
      this.area.dispatchEvent(new Event('change', { bubbles: true })); // Wagtail asks before leaving
    }

    add(group, part) {
      group.parts.push(part);
      this.afterMove(part.kind === 'group' ? part.parts[0].id : part.id, 'field', this.words.added);
    }

    replace(part, other) {
      const { parent, index } = Rule.find(this.root, part.id);
      parent.parts[index] = other;
      this.afterMove(other.id, 'field', '');
    }

    duplicate(part) {
      const { parent, index } = Rule.find(this.root, part.id);
      const twin = Rule.copy(part);
      parent.parts.splice(index + 1, 0, twin);
      this.afterMove(twin.id, 'duplicate', this.words.duplicated);
    }

    remove(part) {
      const before = Rule.text(Rule.write(this.root));
      const { parent, index } = Rule.find(this.root, part.id);
      parent.parts.splice(index, 1);
      const next = parent.parts[index] || parent.parts[index - 1];
      this.afterMove(next ? next.id : parent.id, next ? 'remove' : 'add-condition', '');
      this.tell(this.words.removed, () => {
        this.area.value = before;
        this.read();
        this.afterMove(this.root.id, 'add-condition', this.words.undone);
      });
    }

    step(part, direction, key) {
      if (Rule.step(this.root, part.id, direction)) this.afterMove(part.id, key, this.whereIs(part));
    }

    whereIs(part) {
      const { parent, index, depth } = Rule.find(this.root, part.id);
      return this.words.moved.replace('{number}', index + 1).replace('{total}', parent.parts.length).replace('{depth}', depth);
    }

    afterMove(id, key, words) {
      this.write();
      this.redraw(id, key);
      this.tell(words);
      this.ask();
    }

    // Drawing

    draw() {
      if (this.view !== 'tree') return;
      this.parts.clear();
      this.treeTarget.replaceChildren(this.parts.root(this.root));
    }

    /** Draw anew, and put the focus where it was: into the part's element that has the key. */
    redraw(id, key) {
      this.draw();
      const part = this.treeTarget.querySelector(`[data-id="${id}"]`);
      (part?.querySelector(`[data-key="${CSS.escape(key)}"]`) || part?.querySelector('select, input, button'))?.focus();
    }

    /** Say something under the tree, with a way back where there is one. */
    tell(words, undo = null, bad = false) {
      const button = undo && h('button', { type: 'button', class: 'button button-small button-secondary', text: this.words.undo, on: { click: undo } });
      this.toldTarget.replaceChildren(...(words ? [h('span', { class: bad ? 'error-message' : '', text: words })] : []), ...(button ? [button] : []));
    }

    // Moving by the mouse

    dragstart(event) {
      const handle = event.target.closest?.('[data-handle]');
      if (!handle) return;
      this.dragged = Number(handle.dataset.handle);
      const part = handle.closest('.circ-part');
      part.classList.add('circ-part--dragged');
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', '');
      event.dataTransfer.setDragImage(part, 12, 12);
    }

    dragover(event) {
      const where = this.dragged && this.dropAt(event);
      this.unmark();
      if (!where) return;
      event.preventDefault();
      const mark = where.list.querySelector(`:scope > [data-part="${where.before}"]`);
      if (mark) mark.classList.add('circ-part--before');
      else where.list.classList.add('circ-group__parts--end');
    }

    dropAt(event) {
      const list = event.target.closest('.circ-group')?.querySelector(':scope > .circ-group__parts');
      if (!list) return null;
      const next = [...list.children].find((item) => {
        const box = item.getBoundingClientRect();
        return event.clientY < box.top + box.height / 2;
      });
      return { list, into: Number(list.dataset.group), before: next ? Number(next.dataset.part) : null };
    }

    drop(event) {
      const where = this.dragged && this.dropAt(event);
      if (!where) return;
      event.preventDefault();
      const { part } = Rule.find(this.root, this.dragged);
      if (Rule.place(this.root, part.id, where.into, where.before)) this.afterMove(part.id, 'up', this.whereIs(part));
      this.dragend();
    }

    dragend() {
      this.dragged = null;
      this.unmark();
      this.treeTarget.querySelectorAll('.circ-part--dragged').forEach((part) => part.classList.remove('circ-part--dragged'));
    }

    unmark() {
      this.treeTarget.querySelectorAll('.circ-part--before').forEach((part) => part.classList.remove('circ-part--before'));
      this.treeTarget.querySelectorAll('.circ-group__parts--end').forEach((list) => list.classList.remove('circ-group__parts--end'));
    }

    // Saving: what is still to be filled in is shown where it stands

    beforeSubmit(event) {
      if (this.view !== 'tree' || !event.target.closest('[type=submit]')) return;
      const missing = this.lacking(this.root);
      if (!missing.length) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      missing.forEach((part) => {
        part.error = this.words[Rule.lacking(part)];
      });
      const first = this.treeTarget.querySelector.bind(this.treeTarget);
      this.draw();
      const shown = first(`[data-id="${missing[0].id}"]`);
      (shown.querySelector('[role=combobox]') || shown.querySelector('[data-key=value]') || shown.querySelector('select')).focus();
      shown.scrollIntoView({ block: 'center' });
    }

    lacking(part) {
      if (part.kind === 'group') return part.parts.flatMap((each) => this.lacking(each));
      return Rule.lacking(part) ? [part] : [];
    }

    // Who matches

    ask() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.fetch(), PAUSE);
    }

    /** What is asked: the rule, without conditions that are still to be filled in. */
    question() {
      if (this.view !== 'tree') return { text: this.area.value, tree: null, left: 0 };
      const tree = Rule.complete(this.root) || Rule.group('all');
      return { text: JSON.stringify(Rule.write(tree)), tree, left: this.lacking(this.root).length };
    }

    async fetch() {
      const { text, tree, left } = this.question();
      this.aborter?.abort();
      const aborter = new AbortController();
      this.aborter = aborter;
      this.busy();
      const asked = new FormData();
      asked.append('rule', text);
      asked.append('of', this.ofValue);
      asked.append('csrfmiddlewaretoken', this.form.querySelector('[name=csrfmiddlewaretoken]').value);
      try {
        const response = await fetch(this.urlValue, { method: 'POST', body: asked, headers: { Accept: 'application/json' }, signal: aborter.signal });
        if (!response.ok) throw new Error(response.statusText);
        const answer = await response.json();
        if (aborter === this.aborter) this.answered(answer, tree, left);
      } catch (error) {
        if (error.name === 'AbortError' || aborter !== this.aborter) return;
        this.matchesTarget.replaceChildren();
        this.settle(h('span', { text: this.failedValue }));
      }
    }

    busy() {
      clearTimeout(this.slowTimer);
      this.countTarget.setAttribute('aria-busy', 'true');
      if (!this.countTarget.childElementCount) this.countTarget.replaceChildren(h('span', { text: this.words.counting }));
      this.slowTimer = setTimeout(() => {
        const stored = this.storedValue ? h('span', { text: this.words.stored.replace('{sentence}', this.storedValue) }) : null;
        this.countTarget.replaceChildren(h('strong', { text: this.words.slow }), ...(stored ? [stored] : []));
      }, SLOW);
    }

    settle(...shown) {
      clearTimeout(this.slowTimer);
      this.countTarget.removeAttribute('aria-busy');
      this.countTarget.replaceChildren(...shown);
    }

    answered(answer, tree, left) {
      const unfilled = left ? h('span', { class: 'circ-rule__left', text: left === 1 ? this.words.to_fill_one : this.words.to_fill.replace('{count}', left) }) : null;
      this.matchesTarget.innerHTML = answer.problems && tree ? '' : answer.html;
      if (answer.problems) {
        for (const problem of tree ? answer.problems : []) this.mark(Rule.at(tree, problem.path), problem.text);
        this.settle(h('span', { class: 'circ-rule__bad', text: this.words.cannot_count }));
      } else if (answer.slow) {
        this.settle(...[this.storedValue ? h('span', { text: this.words.stored.replace('{sentence}', this.storedValue) }) : null].filter(Boolean));
      } else {
        this.storedValue = answer.sentence;
        this.settle(...[h('strong', { text: answer.sentence }), h('span', { text: answer.of }), unfilled].filter(Boolean));
      }
    }

    mark(part, text) {
      const found = part.id === this.root.id ? this.root : Rule.find(this.root, part.id)?.part;
      const shown = found && this.treeTarget.querySelector(`[data-error="${found.id}"]`);
      if (!shown) return;
      found.error = text;
      shown.textContent = text;
      shown.hidden = false;
    }
  }

  window.wagtail.app.register('circular-rule', RuleController);
})();
