// Comforts of the page that imports. It works without them: then a paste is plain text.
(() => {
  "use strict";
  const page = document.querySelector("[data-circ-import]");
  if (!page) return;
  const form = page.closest("form");

  // The chosen files by name and size, in the order in which their items will follow.
  const files = form.querySelector("input[type=file]");
  const list = page.querySelector("[data-circ-files]");
  const megabytes = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  const showFiles = () => {
    list.replaceChildren(
      ...[...files.files].map((file) => {
        const row = document.createElement("li");
        const name = document.createElement("span");
        const size = document.createElement("span");
        name.textContent = file.name;
        size.textContent = file.size < 1e5 ? `${Math.ceil(file.size / 1e3)} kB` : `${megabytes.format(file.size / 1e6)} MB`;
        row.append(name, size);
        return row;
      }),
    );
    list.hidden = files.files.length < 1;
  };
  files.addEventListener("change", showFiles);
  showFiles();

  // A paste from Word or a web page carries its formatting. It is sent beside the plain text that one sees, as
  // long as nobody changes that text by hand.
  const text = form.querySelector("textarea[name=text]");
  const rich = form.querySelector("input[name=html]");
  const said = page.querySelector("[data-circ-rich]");
  const plain = page.querySelector("[data-circ-plain]");
  let pasted = rich.value ? text.value : null;
  const show = (words) => {
    said.textContent = words;
    plain.hidden = !rich.value;
  };
  const forget = () => {
    rich.value = "";
    pasted = null;
    show("");
  };
  text.addEventListener("paste", (event) => {
    const html = event.clipboardData?.getData("text/html") ?? "";
    const replacesAll = text.selectionStart === 0 && text.selectionEnd === text.value.length;
    if (!html.trim() || !replacesAll) return;
    setTimeout(() => {
      if (html.length > Number(page.dataset.most)) {
        forget();
        show(said.dataset.large);
        return;
      }
      rich.value = html;
      pasted = text.value;
      show(said.dataset.kept);
    });
  });
  text.addEventListener("input", (event) => {
    if (event.inputType !== "insertFromPaste" && pasted !== null && text.value !== pasted) forget();
  });
  plain.addEventListener("click", () => {
    forget();
    text.focus();
  });
  if (rich.value) show(said.dataset.kept);
})();
