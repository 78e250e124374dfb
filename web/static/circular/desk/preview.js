// The preview of a letter: a toolbar of what to look at, and one or more frames that show it. On an issue's page it asks
// for the saved letter; in the editor it sends the form at each change and puts the answer into the frame as it is.
(() => {
  "use strict";
  const PAUSE = 25; // milliseconds: keys that are struck at once are one change
  const TYPED = 200; // milliseconds between a search's requests
  const PHONE = 390; // pixels, as in the style sheet
  const DESK = 760;
  const GAP = 20;
  const SMALLEST = 0.7; // of their own size
  const FORGET = new Set(["csrfmiddlewaretoken", "next", "loaded_revision_id", "loaded_revision_created_at"]);

  /** Show the page `html` in `frame` where the reader was. No script runs there: the frame is sandboxed. */
  function put(frame, html, { keepPlace }) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const base = parsed.createElement("base");
    base.target = "_blank";
    parsed.head.prepend(base);
    const view = frame.contentWindow;
    const page = frame.contentDocument;
    const place = keepPlace ? { left: view.scrollX, top: view.scrollY } : { left: 0, top: 0 };
    page.replaceChild(page.adoptNode(parsed.documentElement), page.documentElement);
    view.scrollTo({ ...place, behavior: "instant" });
  }

  const ready = new WeakMap();

  /** When `frame` has the empty page that its own policy stands in. */
  function loaded(frame) {
    if (!ready.has(frame)) {
      const there = Boolean(frame.contentDocument && frame.contentDocument.querySelector("meta[http-equiv]"));
      const load = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
      ready.set(frame, there ? Promise.resolve() : load);
    }
    return ready.get(frame);
  }

  class Look {
    /** `ask(url)` gets the answer's JSON; `frames` show it. */
    constructor(root, frames, ask) {
      this.root = root;
      this.frames = frames;
      this.ask = ask;
      this.running = null;
      this.again = false;
      this.shown = "";
      this.fields = Object.fromEntries(
        [...root.querySelectorAll("[data-look]")].map((field) => [field.dataset.look, field]),
      );
      this.recall();
      this.search();
      root.addEventListener("change", (event) => {
        if (event.target.dataset.look) this.chosen(event.target);
      });
      this.addresses();
    }

    get query() {
      const { reader, locale, mode, dark, pictures } = this.fields;
      const query = new URLSearchParams({ reader: reader.value === "?" ? "" : reader.value, mode: mode.value });
      if (locale.value) query.set("locale", locale.value);
      if (dark.checked) query.set("dark", "1");
      if (pictures.checked) query.set("pictures", "off");
      return query;
    }

    get url() {
      return `${this.root.dataset.url}?${this.query}`;
    }

    chosen(field) {
      const searching = this.fields.reader.value === "?";
      if (this.searchBox) {
        this.searchBox.hidden = !searching;
        if (searching && field === this.fields.reader) this.searchBox.querySelector("input").focus();
      }
      if (searching && field === this.fields.reader) return;
      this.remember();
      this.addresses();
      this.refresh();
    }

    /** The links that carry the choices along. */
    addresses() {
      const test = this.root.querySelector("[data-look-test]");
      const query = this.query;
      if (test) {
        const kept = new URLSearchParams({ reader: query.get("reader"), locale: query.get("locale") || "" });
        test.href = `${this.root.dataset.testUrl}?${kept}`;
      }
      this.root.dispatchEvent(new CustomEvent("circ-look:chosen", { detail: { url: this.url } }));
    }

    remember() {
      const { reader } = this.fields;
      const kept = Object.fromEntries(this.query);
      if (reader.value.startsWith("@")) kept.name = reader.selectedOptions[0].textContent;
      try {
        sessionStorage.setItem(this.root.dataset.memory, JSON.stringify(kept));
      } catch {
        // A browser that keeps nothing forgets the choices with the page.
      }
    }

    recall() {
      let kept = {};
      try {
        kept = JSON.parse(sessionStorage.getItem(this.root.dataset.memory)) || {};
      } catch {
        return;
      }
      const { reader, locale, mode, dark, pictures } = this.fields;
      if (kept.name && this.root.dataset.readersUrl) this.offer([[kept.reader, kept.name]]);
      for (const [field, value] of [[reader, kept.reader], [locale, kept.locale], [mode, kept.mode]]) {
        if (value && [...field.options].some((option) => option.value === value)) field.value = value;
      }
      dark.checked = kept.dark === "1";
      pictures.checked = kept.pictures === "off";
    }

    /** More readers to look as, in front of the last ones. */
    offer(readers) {
      const { reader } = this.fields;
      const there = new Set([...reader.options].map((option) => option.value));
      const last = [...reader.options].find((option) => option.value === "*" || option.value === "?");
      for (const [choice, words] of readers) {
        if (!there.has(choice)) {
          const before = choice === "*" ? [...reader.options].find((option) => option.value === "?") : last;
          reader.insertBefore(new Option(words, choice), before || null);
        }
      }
    }

    search() {
      this.searchBox = this.root.querySelector("[data-look-search]");
      if (!this.searchBox) return;
      const field = this.searchBox.querySelector("input");
      const list = new window.CircularListbox({
        label: this.searchBox.querySelector("label").textContent,
        choose: (person) => {
          this.offer([[person.choice, person.name]]);
          this.fields.reader.value = person.choice;
          field.value = "";
          this.chosen(this.fields.reader);
          this.fields.reader.focus();
        },
      });
      let timer = null;
      let asked = 0;
      field.addEventListener("input", () => {
        window.clearTimeout(timer);
        asked += 1;
        const mine = asked;
        if (!field.value.trim()) return list.close();
        timer = window.setTimeout(async () => {
          const query = new URLSearchParams({ q: field.value });
          const answer = await fetch(`${this.root.dataset.readersUrl}?${query}`);
          if (mine !== asked || !answer.ok) return;
          const { readers } = await answer.json();
          list.show(field, readers, field.getBoundingClientRect());
          if (!readers.length) this.say(this.root.dataset.noneFound, "warn");
        }, TYPED);
        return undefined;
      });
      field.addEventListener("keydown", (event) => {
        if (list.key(event) || event.key === "Enter") event.preventDefault();
      });
      field.addEventListener("blur", () => list.close());
    }

    /** Ask for the letter and show it; a change meanwhile asks once more, so that the last one wins. */
    refresh() {
      if (this.running) {
        this.again = true;
        return this.running;
      }
      this.running = this.update().finally(() => {
        this.running = null;
        if (this.again) {
          this.again = false;
          this.refresh();
        }
      });
      return this.running;
    }

    async update() {
      this.root.setAttribute("aria-busy", "true");
      try {
        const { mode, reader } = Object.fromEntries(this.query);
        const answer = await this.ask(this.url);
        if (answer && "html" in answer) await this.show(answer, `${mode} ${reader}`);
      } catch {
        this.say(this.root.dataset.failed, "bad");
      } finally {
        this.root.removeAttribute("aria-busy");
      }
    }

    async show(answer, view) {
      await Promise.all(this.frames.map(loaded));
      for (const frame of this.frames) put(frame, answer.html, { keepPlace: view === this.shown });
      this.shown = view;
      this.say(answer.says, answer.tone);
      const inbox = this.root.querySelector("[data-look-inbox]");
      inbox.hidden = !answer.subject;
      inbox.lang = answer.locale;
      inbox.querySelector("[data-look-subject]").textContent = answer.subject;
      inbox.querySelector("[data-look-preheader]").textContent = answer.preheader;
      if (answer.readers) this.offer(answer.readers);
      this.root.dispatchEvent(new CustomEvent("circ-look:shown", { bubbles: true }));
    }

    say(words, tone) {
      const line = this.root.querySelector("[data-look-says]");
      if (line.textContent !== words) line.textContent = words;
      line.dataset.tone = tone;
    }
  }

  /** An issue's page. */
  function onIssuePage(box) {
    const frames = [...box.querySelectorAll("[data-look-frame]")];
    const look = new Look(box.querySelector("[data-circ-look]"), frames, async (url) => {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    });
    const stage = box.querySelector(".circ-stage");
    // Both beside each other, somewhat smaller if need be; below each other where they would be too small.
    const fit = () => {
      const room = stage.clientWidth - 2 * parseFloat(window.getComputedStyle(stage).paddingInlineStart);
      const both = (room - GAP) / (PHONE + DESK);
      const side = box.dataset.width === "both" && both >= SMALLEST;
      stage.style.setProperty("--circ-phone-ratio", Math.min(1, side ? both : room / PHONE));
      stage.style.setProperty("--circ-desk-ratio", Math.min(1, side ? both : room / DESK));
    };
    new ResizeObserver(fit).observe(stage);
    box.addEventListener("change", (event) => {
      if (event.target.name !== "circ-width") return;
      box.dataset.width = event.target.value;
      fit();
    });
    look.refresh();
  }

  const written = new WeakMap(); // of each rich text, its content and that as JSON

  /** What stands in a rich text's editor now. */
  function richText(editor) {
    const state = editor.getEditorState();
    const content = state.getCurrentContent();
    const known = written.get(editor);
    if (known && known.content === content) return known.json;
    const raw = window.Draftail.serialiseEditorStateToRaw(state);
    for (const block of (raw && raw.blocks) || []) {
      block.inlineStyleRanges = block.inlineStyleRanges.filter(
        ({ style }) => !style.startsWith("COMMENT-") && !style.startsWith("STYLE_RERENDER"),
      );
    }
    const json = JSON.stringify(raw);
    written.set(editor, { content, json });
    return json;
  }

  /** The form as it stands: Draftail writes its text into the form a quarter of a second late, so it is asked. */
  function formData(form) {
    const data = new FormData(form);
    for (const wrapper of form.querySelectorAll("[data-draftail-editor-wrapper]")) {
      const field = wrapper.parentNode.querySelector("input");
      if (field && field.draftailEditor && window.Draftail && data.has(field.name)) {
        data.set(field.name, richText(field.draftailEditor));
      }
    }
    return data;
  }

  const signature = (data) =>
    [...data]
      .filter(([name]) => !FORGET.has(name) && !name.startsWith("comments-"))
      .map(([name, value]) => `${name}=${typeof value === "string" ? value : `${value.name} ${value.size}`}`)
      .join("\n");

  /** The editor: Wagtail's panel, with our own way of keeping it up to date. */
  function inEditor(panel) {
    const form = document.querySelector("[data-edit-form]");
    const root = panel.querySelector("[data-circ-look]");
    const side = panel.closest("[data-side-panel]");
    let sent = "";
    let next = null; // the form, where somebody has just looked at it
    const look = new Look(root, [panel.querySelector("[data-look-frame]")], async (url) => {
      const body = next || formData(form);
      next = null;
      sent = signature(body);
      // Without files this is quicker to read for the server than a form of many parts.
      const files = [...body.values()].some((value) => typeof value !== "string");
      const answer = await fetch(url, { method: "POST", body: files ? body : new URLSearchParams(body) });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = await answer.json();
      panel.classList.toggle("w-preview--has-errors", !page.is_valid);
      return page;
    });
    const follow = (url) => {
      panel.dataset.wPreviewRenderUrlValue = url; // the link to a tab of its own
    };
    root.addEventListener("circ-look:chosen", (event) => follow(event.detail.url));
    follow(look.url);
    let timer = null;
    const changed = () => {
      if (side.hidden || timer || !panel.isConnected) return;
      timer = window.setTimeout(() => {
        timer = null;
        const now = formData(form);
        if (signature(now) === sent) return;
        if (!look.running) next = now;
        look.refresh();
      }, PAUSE);
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    document.addEventListener("w-unsaved:add", changed); // what moves without an event: Wagtail looks now and then
    new MutationObserver(changed).observe(form, { childList: true, characterData: true, subtree: true });
    side.addEventListener("show", () => panel.isConnected && look.refresh());
    if (!side.hidden) look.refresh();
  }

  const begun = new WeakSet();
  let kept = "";

  /** The panel that is there now: Wagtail brings another one when it has saved a new page for the first time. */
  function panels() {
    for (const root of document.querySelectorAll("[data-controller~='w-preview'] [data-circ-look]")) {
      if (!begun.has(root)) {
        begun.add(root);
        const { memory } = root.dataset;
        try {
          if (kept && kept !== memory) sessionStorage.setItem(memory, sessionStorage.getItem(kept) || "{}");
        } catch {
          // See above.
        }
        kept = memory;
        inEditor(root.closest("[data-controller~='w-preview']"));
      }
    }
  }

  function start() {
    for (const box of document.querySelectorAll("[data-circ-preview]")) onIssuePage(box);
    panels();
    const side = document.querySelector("[data-side-panel=preview]");
    if (side) new MutationObserver(panels).observe(side, { childList: true });
  }

  // Wagtail would send the form once more, later, and load the frame anew.
  document.addEventListener("w-preview:update", (event) => {
    if (event.target.querySelector("[data-circ-look]")) event.preventDefault();
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
