// “Copy” buttons: there only where they work. The fields can be selected and copied without them.
for (const button of document.querySelectorAll("[data-circ-copy]")) {
  const field = document.getElementById(button.dataset.circCopy);
  if (!field || !navigator.clipboard) continue;
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.said;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}
