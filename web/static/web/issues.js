// Comforts of the issue pages. Nothing depends on them: the forms work by themselves.
(() => {
  "use strict";

  // A second click finds the button disabled; the server makes one dispatch of two clicks in any case.
  for (const form of document.querySelectorAll("form[data-circ-once]")) {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button[type=submit]");
      const words = button.querySelector("span");
      if (words && button.dataset.busy) words.textContent = button.dataset.busy;
      button.disabled = true;
    });
  }
  // Back from the next page, the browser may show this one as it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && document.querySelector("form[data-circ-once]")) window.location.reload();
  });

  for (const form of document.querySelectorAll("form[data-circ-choose]")) {
    form.querySelector("button").hidden = true;
    form.addEventListener("change", (event) => event.target.closest("details") || form.requestSubmit());
    // What was ticked in the form below stays ticked on the page that comes.
    form.addEventListener("submit", () => {
      const below = document.getElementById(form.dataset.circCarry || "");
      for (const box of below ? below.querySelectorAll("input[type=checkbox]:checked") : []) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: box.name, value: box.value }));
      }
    });
  }
})();
