/* Several values of a field: what is chosen as pills, and a field to search for more in. */
(() => {
  'use strict';

  const MOST = 300; // entries of a list
  const folded = (text) =>
    text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLocaleLowerCase();

  /** An element: `on` has its listeners, `text` its text; an attribute that is false or null is left out. */
  function h(tag, { on = {}, text, ...attributes } = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? '' : value);
    }
    for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
    if (text !== undefined) element.textContent = text;
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', `icon icon-${name}`);
    svg.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', `#icon-${name}`);
    svg.append(use);
    return svg;
  }

  /** `choices` are [value, name]; or `search(text)` promises entries {value, name, detail}, and `names` has those known. */
  class Values {
    constructor({ label, words, values, choices = null, search = null, names = {}, changed, tell, describedby = null }) {
      Object.assign(this, { label, words, values, choices, search, names, changed, tell });
      this.list = h('ul', { class: 'circular-pills' });
      this.field = h('input', {
        type: 'text',
        role: 'combobox',
        autocomplete: 'off',
        spellcheck: 'false',
        'aria-expanded': 'false',
        'aria-label': label,
        'aria-describedby': describedby,
        'data-key': `add-${label}`,
        placeholder: search ? words.search_organisation : words.add_value,
        on: {
          input: () => this.open(),
          click: () => this.open(),
          keydown: (event) => this.key(event),
          blur: () => this.close(),
          change: (event) => event.stopPropagation(), // what is typed here is no value yet
        },
      });
      this.none = h('p', { class: 'circ-values__none', hidden: true, text: words.no_match });
      this.listbox = null;
      this.element = h('div', { class: 'circ-values' }, this.list, h('div', { class: 'circ-values__add' }, this.field, icon('search')), this.none);
      this.draw();
    }

    nameOf(value) {
      const found = this.choices?.find(([code]) => code === value);
      return (found ? found[1] : this.names[value] || value).trim();
    }

    draw() {
      this.list.replaceChildren(...this.values.map((value) => this.pill(value)));
      this.list.hidden = !this.values.length;
    }

    pill(value) {
      const name = this.nameOf(value);
      const remove = h('button', { type: 'button', 'aria-label': `${this.words.remove}: ${name}`, text: '×', on: { click: () => this.drop(value) } });
      return h('li', {}, h('span', { text: name }), remove);
    }

    drop(value) {
      this.values.splice(this.values.indexOf(value), 1);
      this.tell(this.words.taken_out.replace('{name}', this.nameOf(value)));
      this.after();
    }

    take(entry) {
      if (this.values.includes(entry.value)) return;
      this.values.push(entry.value);
      this.names[entry.value] = entry.name.trim();
      this.tell(this.words.chosen.replace('{name}', entry.name.trim()));
      this.field.value = '';
      this.after();
    }

    after() {
      this.draw();
      this.field.focus();
      this.changed();
    }

    async open() {
      const asked = this.field.value.trim();
      const entries = this.search ? await this.found(asked) : this.filtered(folded(asked));
      if (entries === null || asked !== this.field.value.trim() || !this.field.isConnected) return;
      this.listbox ||= new window.CircularListbox({ label: this.label, choose: (entry) => this.take(entry) });
      const left = entries.filter((entry) => !this.values.includes(entry.value)).slice(0, MOST);
      this.none.hidden = Boolean(left.length) || !asked;
      if (document.activeElement === this.field) this.listbox.show(this.field, left, this.field.getBoundingClientRect());
    }

    filtered(asked) {
      const all = this.choices.map(([value, name]) => ({ value, name, detail: '' }));
      if (!asked) return all;
      const found = all.filter((entry) => folded(entry.name).includes(asked) || entry.value.toLowerCase() === asked);
      const first = (entry) => Number(!folded(entry.name).trim().startsWith(asked));
      return found.map((entry) => ({ ...entry, name: entry.name.trim() })).sort((one, other) => first(one) - first(other));
    }

    found(asked) {
      clearTimeout(this.timer);
      return new Promise((resolve) => {
        this.timer = setTimeout(() => this.search(asked).then(resolve, () => resolve(null)), 200);
      });
    }

    key(event) {
      const opens = event.key === 'ArrowDown' && !this.listbox?.open;
      if (opens) this.open();
      else if (event.key === 'Backspace' && !this.field.value && this.values.length) this.drop(this.values.at(-1));
      else if (event.key === 'Tab') return;
      else if (!this.listbox?.key(event) && event.key !== 'Enter') return;
      event.preventDefault(); // Enter never sends the form from here
      if (event.key === 'Escape') event.stopPropagation();
    }

    close() {
      this.listbox?.close();
      this.none.hidden = true;
    }

    destroy() {
      clearTimeout(this.timer);
      this.listbox?.close();
      this.listbox?.list.remove();
    }
  }

  window.CircularDom = { h, icon };
  window.CircularValues = Values;
})();
