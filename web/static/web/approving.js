// Copying the link of an invitation. Without this, it can be selected and copied by hand.
(() => {
  "use strict";
  for (const field of document.querySelectorAll("[data-circ-select]")) {
    field.addEventListener("focus", () => field.select());
  }
  for (const button of document.querySelectorAll("[data-circ-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => navigator.clipboard.writeText(document.getElementById(button.dataset.circCopy).value));
  }
})();
