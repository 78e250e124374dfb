// Two opening braces in a text offer what a letter may say of its reader, with a fallback; one writes on behind it.
(() => {
  "use strict";
  const OPENED = /\{\{\s*([A-Za-z]*)$/;
  const TYPES = new Set(["text", "search", ""]);

  function start() {
    const form = document.querySelector("[data-edit-form]");
    const given = document.getElementById("circ-merge-fields");
    if (!form || !given) return;
    const { label, hint, fields, fallbacks } = JSON.parse(given.textContent);
    const look = document.querySelector("[data-circ-look]");
    const words = fallbacks[(look && look.dataset.own) || document.documentElement.lang] || fallbacks.en;
    const list = new window.CircularListbox({ label, choose: (entry, field) => insert(field, entry.field) });
    const heard = document.createElement("div");
    heard.className = "w-sr-only";
    heard.setAttribute("aria-live", "polite");
    document.body.append(heard);

    const offered = (typed) =>
      fields
        .filter(({ field, name }) => [field, name].some((word) => word.toLowerCase().startsWith(typed.toLowerCase())))
        .map(({ field, name, detail }) => ({ field, name: `{{${field}}}`, detail: `${name}: ${detail}` }));

    const editorOf = (element) => {
      const wrapper = element.closest("[data-draftail-editor-wrapper]");
      const input = wrapper && wrapper.parentNode.querySelector("input");
      return input && input.draftailEditor;
    };

    const isField = (element) =>
      (element instanceof HTMLInputElement && TYPES.has(element.type)) || element instanceof HTMLTextAreaElement;

    /** What stands before the caret, and where it is on the screen. */
    function before(element) {
      if (isField(element)) {
        if (element.selectionStart !== element.selectionEnd) return null;
        return { text: element.value.slice(0, element.selectionStart), box: element.getBoundingClientRect() };
      }
      const editor = editorOf(element);
      if (!editor) return null;
      const state = editor.getEditorState();
      const selection = state.getSelection();
      if (!selection.isCollapsed()) return null;
      const text = state.getCurrentContent().getBlockForKey(selection.getStartKey()).getText();
      const range = window.getSelection().rangeCount ? window.getSelection().getRangeAt(0) : null;
      const caret = range && range.getClientRects()[0];
      return { text: text.slice(0, selection.getStartOffset()), box: caret || element.getBoundingClientRect() };
    }

    function check(element) {
      const here = before(element);
      const found = here && OPENED.exec(here.text);
      const entries = found ? offered(found[1]) : [];
      const wasOpen = list.open;
      if (entries.length) {
        list.show(element, entries, here.box);
        if (!wasOpen) heard.textContent = hint;
      } else if (list.open) list.close();
    }

    function insert(element, field) {
      const text = `{{${field}|${words[field]}}}`;
      if (isField(element)) {
        const caret = element.selectionStart;
        const from = OPENED.exec(element.value.slice(0, caret)).index;
        const closed = element.value.slice(caret).startsWith("}}") ? 2 : 0;
        element.setSelectionRange(from, caret + closed);
        // The way that can be undone; setRangeText where a browser no longer has it.
        if (!document.execCommand("insertText", false, text)) element.setRangeText(text);
        element.setSelectionRange(from + text.length, from + text.length);
        element.dispatchEvent(new Event("input", { bubbles: true }));
      } else intoDraft(editorOf(element), text);
    }

    function intoDraft(editor, text) {
      const { EditorState, Modifier } = window.DraftJS;
      const state = editor.getEditorState();
      const selection = state.getSelection();
      const content = state.getCurrentContent();
      const key = selection.getStartKey();
      const line = content.getBlockForKey(key).getText();
      const caret = selection.getStartOffset();
      const from = OPENED.exec(line.slice(0, caret)).index;
      const closed = line.slice(caret).startsWith("}}") ? 2 : 0;
      const range = selection.merge({ anchorOffset: from, focusOffset: caret + closed, isBackward: false });
      const style = content.getBlockForKey(key).getInlineStyleAt(from);
      const pushed = EditorState.push(state, Modifier.replaceText(content, range, text, style), "insert-characters");
      const behind = { anchorOffset: from + text.length, focusOffset: from + text.length, isBackward: false };
      editor.onChange(EditorState.forceSelection(pushed, selection.merge(behind)));
    }

    const editable = (event) => {
      const element = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable=true]");
      return element && form.contains(element) ? element : null;
    };
    form.addEventListener("keyup", (event) => {
      const element = editable(event);
      if (element && !["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape", "Shift"].includes(event.key)) check(element);
    });
    form.addEventListener("input", (event) => {
      const element = editable(event);
      if (element) window.requestAnimationFrame(() => element.isConnected && check(element));
    });
    // Before the rich text's editor, which would take the same keys.
    document.addEventListener(
      "keydown",
      (event) => {
        if (list.open && form.contains(event.target) && list.key(event)) {
          event.preventDefault();
          event.stopPropagation();
        }
      },
      true,
    );
    form.addEventListener("focusout", () => list.close());
    window.addEventListener("scroll", () => list.close(), { capture: true, passive: true });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
