// What preflight finds: on an issue's page, with how far its links are; beside the editor, of what stands in the form.
// The lists come ready made from the server. Nothing here decides anything.
(() => {
  "use strict";
  const POLL = 1500; // milliseconds between two looks at links that are being tried
  const PATIENCE = 40; // looks, after which the page waits to be loaded again
  const FIELDS = "input:not([type=hidden]), textarea, [contenteditable=true], select";
  const PAUSE = 900; // milliseconds without a key, after which what is written is checked

  const answered = async (response) => {
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    return response;
  };

  /** Put `html` in place of what `here` holds. What was ticked stays so, and who was at a finding is there again. */
  function put(here, html) {
    const held = here.contains(document.activeElement) && document.activeElement.closest("[id]");
    const id = held && here.contains(held) ? held.id : "";
    const hidden = [...here.querySelectorAll("[data-circ-show]:not(:checked)")].map((box) => box.dataset.circShow);
    here.innerHTML = html;
    for (const box of here.querySelectorAll("[data-circ-show]")) box.checked = !hidden.includes(box.dataset.circShow);
    const again = id && document.getElementById(id);
    if (again) (again.querySelector("button, a") || again).focus({ preventScroll: true });
  }

  // A second click on a fix finds its button disabled. The first one's form is on its way by then, button and all.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-circ-act]")) {
      setTimeout(() => event.target.querySelectorAll("button").forEach((button) => (button.disabled = true)));
    }
  });

  /** The panel of an issue's page. */
  class Issue {
    constructor(root) {
      this.root = root;
      this.here = root.querySelector("[data-circ-here]");
      this.said = root.querySelector("[data-circ-said]");
      this.trouble = root.querySelector("[data-circ-trouble]");
      this.looks = 0;
      this.html = "";
      this.answer();
      this.begin();
    }

    async begin() {
      const found = await this.look();
      if (found && found.dataset.due === "yes") {
        const data = new FormData();
        data.set("csrfmiddlewaretoken", this.root.querySelector("[name=csrfmiddlewaretoken]").value);
        data.set("quietly", "1");
        try {
          await answered(await fetch(this.root.dataset.linksUrl, { method: "POST", body: data }));
        } catch {
          return; // The list stays; its button asks for the links.
        }
        await this.look();
      }
    }

    /** After a fix, what it did stands at the list, where its button was, not above the page. */
    answer() {
      const told = document.querySelector(".messages");
      if (told && window.location.hash === "#checks-section") this.root.prepend(told);
    }

    /** Fetch the list and show it; look again while links are being tried. */
    async look() {
      try {
        const response = await answered(await fetch(`${this.root.dataset.url}?fragment=1`));
        const html = await response.text();
        if (html !== this.html) {
          put(this.here, html);
          const progress = this.here.querySelector("[data-circ-progress]");
          this.said.textContent = progress ? progress.textContent.trim() : "";
        }
        this.html = html;
        this.trouble.hidden = true;
      } catch {
        this.trouble.hidden = false;
        return null;
      }
      const found = this.here.querySelector("[data-circ-found]");
      if (Number(found.dataset.waiting) && (this.looks += 1) <= PATIENCE) {
        setTimeout(() => this.look(), document.hidden ? 10 * POLL : POLL);
      }
      return found;
    }
  }

  /** The side panel of the editor. */
  class Form {
    constructor(root) {
      this.root = root;
      this.form = document.querySelector("[data-edit-form]");
      this.here = root.querySelector("[data-circ-here]");
      this.said = root.querySelector("[data-circ-said]");
      this.trouble = root.querySelector("[data-circ-trouble]");
      this.toggle = document.querySelector('[data-side-panel-toggle="checks"]');
      this.sent = "";
      this.running = false;
      this.again = false;
      if (!this.form || !root.dataset.url) return;
      const later = () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.check(), PAUSE);
      };
      for (const kind of ["input", "change", "click"]) this.form.addEventListener(kind, later);
      // Rich text and moved blocks write into hidden fields, which tell nobody.
      new MutationObserver(later).observe(this.form, {
        subtree: true, childList: true, attributes: true, attributeFilter: ["value"],
      });
      later();
    }

    async check() {
      if (this.running) {
        this.again = true;
        return;
      }
      const data = new FormData(this.form);
      const text = new URLSearchParams([...data].filter(([, value]) => typeof value === "string")).toString();
      if (text === this.sent) return;
      this.running = true;
      try {
        const response = await answered(await fetch(this.root.dataset.url, { method: "POST", body: data }));
        this.show(await response.json());
        this.sent = text;
      } catch {
        // The next change asks again.
      }
      this.running = false;
      if (this.again) {
        this.again = false;
        this.check();
      }
    }

    show({ panel, errors, warnings }) {
      this.trouble.hidden = Boolean(panel);
      if (!panel) return;
      put(this.here, panel);
      this.count(errors, warnings);
      const { none, some } = this.said.dataset;
      const words = errors || warnings ? some.replace("%(errors)s", errors).replace("%(warnings)s", warnings) : none;
      if (this.said.textContent !== words) this.said.textContent = words;
    }

    /** The number on the panel's button: of the errors, or where there are none of the warnings. */
    count(errors, warnings) {
      const counter = this.toggle && this.toggle.querySelector("[data-side-panel-toggle-counter]");
      if (!counter) return;
      counter.textContent = String(errors || warnings);
      counter.hidden = !(errors || warnings);
      counter.dataset.circSeverity = errors ? "error" : "warning";
    }
  }

  /** Go to a block of this page: open what is closed around it and put the cursor into its first field. */
  function jump(event) {
    const link = event.target.closest("a[data-circ-jump]");
    const hash = link && link.getAttribute("href");
    if (!hash || !hash.startsWith("#")) return;
    const goal = document.getElementById(hash.slice(1));
    if (!goal) return;
    event.preventDefault();
    for (let panel = goal; panel; panel = panel.parentElement && panel.parentElement.closest("[data-panel]")) {
      const toggle = panel.querySelector("[data-panel-toggle]");
      if (toggle && toggle.closest("[data-panel]") === panel && toggle.getAttribute("aria-expanded") === "false") {
        toggle.click();
      }
    }
    goal.scrollIntoView({ block: "start", behavior: "smooth" });
    const fields = goal.matches(FIELDS) ? [goal] : [...goal.querySelectorAll(FIELDS)];
    const field = fields.find((each) => each.checkVisibility());
    if (field) field.focus({ preventScroll: true });
  }

  document.addEventListener("click", jump);
  for (const root of document.querySelectorAll("[data-circ-checks]")) new Issue(root);
  for (const root of document.querySelectorAll("[data-circ-form-checks]")) new Form(root);
})();
