// A list of suggestions under a field: the focus stays in the field, the arrows go through the list (ARIA 1.2).
(() => {
  "use strict";
  let made = 0;

  class Listbox {
    /** `choose(entry)` is called for the entry that somebody takes; `label` names the list. */
    constructor({ label, choose }) {
      this.choose = choose;
      this.entries = [];
      this.at = -1;
      this.field = null;
      this.list = document.createElement("ul");
      this.list.className = "circ-listbox";
      this.list.id = `circ-listbox-${(made += 1)}`;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", label);
      this.list.hidden = true;
      // Before the field loses its focus to the list.
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const option = event.target.closest("[role=option]");
        if (option) this.take(this.entries[Number(option.dataset.place)]);
      });
      document.body.append(this.list);
    }

    get open() {
      return !this.list.hidden;
    }

    /** Show `entries` ({name, detail}) for `field`, below `box`; none closes the list. */
    show(field, entries, box) {
      if (this.field && this.field !== field) this.close();
      this.field = field;
      this.entries = entries;
      this.list.replaceChildren(...entries.map((entry, place) => this.option(entry, place)));
      this.list.hidden = !entries.length;
      if (!entries.length) return this.close();
      this.place(box);
      field.setAttribute("aria-controls", this.list.id);
      if (field.getAttribute("role") === "combobox") field.setAttribute("aria-expanded", "true");
      else field.setAttribute("aria-autocomplete", "list");
      this.mark(0);
      return undefined;
    }

    option(entry, place) {
      const item = document.createElement("li");
      item.id = `${this.list.id}-${place}`;
      item.dataset.place = place;
      item.setAttribute("role", "option");
      const name = document.createElement("strong");
      name.textContent = entry.name;
      const detail = document.createElement("span");
      detail.textContent = entry.detail;
      item.append(name, " ", detail);
      return item;
    }

    place(box) {
      const { list } = this;
      list.style.minWidth = `${Math.max(220, Math.min(box.width, 420))}px`;
      const wide = list.offsetWidth;
      const tall = list.offsetHeight;
      const left = Math.max(8, Math.min(box.left, window.innerWidth - wide - 8));
      const below = box.bottom + 4 + tall <= window.innerHeight || box.top < tall + 8;
      list.style.left = `${left}px`;
      list.style.top = `${below ? box.bottom + 4 : box.top - tall - 4}px`;
    }

    mark(at) {
      this.at = (at + this.entries.length) % this.entries.length;
      for (const option of this.list.children) {
        const here = Number(option.dataset.place) === this.at;
        option.setAttribute("aria-selected", String(here));
        if (here) {
          this.field.setAttribute("aria-activedescendant", option.id);
          option.scrollIntoView({ block: "nearest" });
        }
      }
    }

    /** What a key does to the open list; true where it did something. */
    key(event) {
      if (!this.open || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return false;
      if (event.key === "ArrowDown") this.mark(this.at + 1);
      else if (event.key === "ArrowUp") this.mark(this.at - 1);
      else if (event.key === "Escape") this.close();
      else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) this.take(this.entries[this.at]);
      else return false;
      return true;
    }

    take(entry) {
      const { field } = this;
      this.close();
      if (entry) this.choose(entry, field);
    }

    close() {
      this.list.hidden = true;
      if (!this.field) return;
      this.field.removeAttribute("aria-controls");
      this.field.removeAttribute("aria-activedescendant");
      if (this.field.getAttribute("role") === "combobox") this.field.setAttribute("aria-expanded", "false");
      else this.field.removeAttribute("aria-autocomplete");
      this.field = null;
    }
  }

  window.CircularListbox = Listbox;
})();
