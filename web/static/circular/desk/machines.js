/* Keys are copied or shown by a button, and what can't be taken back is asked about first. */

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-circular-copy], [data-circular-show], [data-circular-sure]");
  if (!button) return;
  const { circularCopy, circularShow, circularSure } = button.dataset;
  if (circularSure && !window.confirm(circularSure)) event.preventDefault();
  if (circularShow) {
    const field = document.getElementById(circularShow);
    const hidden = field.type === "password";
    button.dataset.show ??= button.textContent;
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? button.dataset.hide : button.dataset.show;
  }
  if (circularCopy) {
    const field = document.getElementById(circularCopy);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.type = "text"; // no clipboard without https: what is selected can be copied by hand
      field.select();
      return;
    }
    button.dataset.copy ??= button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = button.dataset.copy; }, 2000);
  }
});
