/* The conditions of a segment: values as pills, one row's fitting values, and who matches at once. */
(() => {
  const { Controller } = window.StimulusModule;

  /* A <select multiple> that shows what is chosen as pills, and a list to add from. The select stays the truth. */
  class ValuesController extends Controller {
    static values = { add: String, remove: String };

    connect() {
      this.element.hidden = true;
      this.list = document.createElement('ul');
      this.list.className = 'circular-pills';
      this.adder = document.createElement('select');
      this.adder.setAttribute('aria-label', `${this.element.getAttribute('aria-label')}: ${this.addValue}`);
      this.adder.addEventListener('change', (event) => {
        event.stopPropagation();
        this.set(this.adder.value, true);
      });
      this.element.after(this.list, this.adder);
      this.draw();
    }

    disconnect() {
      this.list.remove();
      this.adder.remove();
    }

    set(value, chosen) {
      const option = [...this.element.options].find((each) => each.value === value);
      if (!option) return;
      option.selected = chosen;
      this.draw();
      this.adder.focus();
      this.element.dispatchEvent(new Event('change', { bubbles: true }));
    }

    draw() {
      const options = [...this.element.options];
      this.list.replaceChildren(...options.filter((each) => each.selected).map((each) => this.pill(each)));
      const placeholder = new Option(this.addValue, '', true, true);
      const left = options.filter((each) => !each.selected).map((each) => new Option(each.text, each.value));
      // Option's text drops the no-break spaces that indent a region: take the label as it was written.
      left.forEach((each) => {
        each.textContent = options.find((other) => other.value === each.value).textContent;
      });
      this.adder.replaceChildren(placeholder, ...left);
      this.adder.hidden = left.length === 0;
    }

    pill(option) {
      const name = option.textContent.trim();
      const item = document.createElement('li');
      const button = document.createElement('button');
      item.append(name);
      button.type = 'button';
      button.textContent = '×';
      button.setAttribute('aria-label', `${this.removeValue}: ${name}`);
      button.addEventListener('click', () => this.set(option.value, false));
      item.append(button);
      return item;
    }
  }

  /* One condition: of the lists of values, the one of the field that is chosen. */
  class ConditionController extends Controller {
    static targets = ['field', 'values'];

    connect() {
      this.show();
    }

    show() {
      const { value } = this.fieldTarget.querySelector('select');
      this.valuesTargets.forEach((each) => {
        each.hidden = each.dataset.field !== value;
      });
    }
  }

  /* The whole form: asks the desk who matches, a moment after the last change. */
  class MatchingController extends Controller {
    static targets = ['conditions', 'json', 'result'];

    static values = { url: String, failed: String };

    disconnect() {
      clearTimeout(this.timer);
    }

    get mode() {
      return this.element.querySelector('input[name="rule-mode"]:checked')?.value;
    }

    ask(event) {
      if (['name', 'slug'].includes(event.target.name)) return;
      if (event.type === 'input' && event.target.tagName !== 'TEXTAREA') return;
      this.conditionsTarget.hidden = this.mode === 'json';
      this.jsonTarget.hidden = this.mode !== 'json';
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.fetch(), 350);
    }

    async fetch() {
      this.aborter?.abort();
      this.aborter = new AbortController();
      const mode = this.mode;
      this.resultTarget.setAttribute('aria-busy', 'true');
      try {
        const response = await fetch(this.urlValue, {
          method: 'POST',
          body: new FormData(this.element.closest('form')),
          headers: { Accept: 'application/json' },
          signal: this.aborter.signal,
        });
        if (!response.ok) throw new Error(response.statusText);
        const answer = await response.json();
        this.resultTarget.innerHTML = answer.html;
        if (mode === 'conditions' && answer.rule) this.jsonTarget.querySelector('textarea').value = answer.rule;
      } catch (error) {
        if (error.name === 'AbortError') return;
        this.resultTarget.textContent = this.failedValue;
      }
      this.resultTarget.removeAttribute('aria-busy');
    }
  }

  window.wagtail.app.register('circular-values', ValuesController);
  window.wagtail.app.register('circular-condition', ConditionController);
  window.wagtail.app.register('circular-matching', MatchingController);
})();
