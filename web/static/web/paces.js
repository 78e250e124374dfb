/* The form of a pace says in a sentence what it would allow, as it is filled in. */

const form = document.querySelector("[data-circ-sentence]");
const line = form?.querySelector('[data-circ="sentence"]');
let timer;
let latest = 0;

async function say() {
  const mine = ++latest;
  try {
    const response = await fetch(form.dataset.circSentence, { method: "POST", body: new FormData(form) });
    if (!response.ok || mine !== latest) return;
    const { sentence } = await response.json();
    line.textContent = sentence;
    line.hidden = !sentence;
  } catch {
    // Without an answer the sentence stays as it was; saving says what is wrong.
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(say, 400);
});
form?.addEventListener("change", say);
