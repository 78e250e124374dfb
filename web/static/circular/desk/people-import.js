// Comforts of importing people: what was dropped, and figures that move. Every form works without them.
(() => {
  "use strict";

  const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);

  // The file that was chosen or dropped, by name and size.
  const drop = document.querySelector("[data-circ-drop]");
  if (drop) {
    const input = drop.querySelector("input[type=file]");
    const said = drop.querySelector("[data-circ-name]");
    const size = (bytes) => (bytes < 1e6 ? `${numbers.format(Math.ceil(bytes / 1e3))} kB` : `${numbers.format(Math.round(bytes / 1e5) / 10)} MB`);
    const show = () => {
      const file = input.files[0];
      const large = Boolean(file) && file.size > Number(said.dataset.most);
      said.textContent = file ? `${file.name} · ${size(file.size)}${large ? `. ${said.dataset.large}` : ""}` : "";
      drop.toggleAttribute("data-bad", large);
      input.setCustomValidity(large ? said.dataset.large : "");
    };
    input.addEventListener("change", show);
    for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, () => drop.setAttribute("data-over", ""));
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.removeAttribute("data-over"));
    show();
  }

  // How it is read: another separator or sheet shows the rows anew.
  const reading = document.querySelector("[data-circ-reading]");
  if (reading) {
    const again = reading.querySelector("[data-circ-again-button]");
    if (again) again.hidden = true;
    reading.addEventListener("change", (event) => {
      if (again && (event.target.matches("[data-circ-again]") || event.target.name === "encoding")) reading.requestSubmit(again);
    });
  }

  // The columns: how many are taken, and the basis only beside a bulletin.
  const columns = document.querySelector("[data-circ-columns]");
  if (columns) {
    const chosen = columns.querySelector("[data-circ-chosen]");
    const bulletin = columns.querySelector("[name=bulletin]");
    const show = () => {
      const rows = [...columns.querySelectorAll("[data-circ-column]")];
      for (const row of rows) row.dataset.mapped = row.querySelector("select").value ? "yes" : "no";
      const taken = rows.filter((row) => row.dataset.mapped === "yes").length;
      chosen.textContent = (taken === 1 ? chosen.dataset.one : chosen.dataset.many).replace("%s", numbers.format(taken));
      for (const name of ["basis", "words", "language", "measure"]) {
        const field = columns.querySelector(`[name=${name}]`)?.closest(".w-field__wrapper");
        if (field) field.hidden = !bulletin.value;
      }
    };
    columns.addEventListener("change", show);
    show();
  }

  // A run that moves: asks for its figures and writes them where the server put the first ones.
  const run = document.querySelector("[data-circ-run][data-live]");
  if (!run) return;
  const EVERY = 1000; // ms between two questions
  const PATIENCE = 5000;
  const TOLERATED = 2; // questions without an answer before it is said
  const bar = run.querySelector("[data-circ=bar]");
  const QUIET = 20_000; // a batch takes a second or two
  const trouble = run.querySelector("[data-circ=trouble]");
  let missed = 0;
  let timer = 0;
  let position = "";
  let moved = Date.now();

  const fill = (figures) => {
    if (figures.position_text !== position) moved = Date.now();
    position = figures.position_text;
    if (!figures.trouble && Date.now() - moved > QUIET) figures.trouble = trouble.dataset.quiet;
    for (const name of ["percent_text", "position_text", "rows_text", "rate_text", "left_text", "trouble"]) {
      const element = run.querySelector(`[data-circ=${name}]`);
      const text = figures[name] || (name === "rows_text" ? "?" : "");
      if (element && element.textContent !== text) element.textContent = text;
    }
    for (const [key, text] of Object.entries(figures.counts)) {
      const element = run.querySelector(`[data-circ-count=${key}]`);
      if (element) element.textContent = text;
    }
    if (figures.percent === null) bar.removeAttribute("value");
    else bar.value = figures.percent;
    run.querySelector("[data-circ=trouble-box]").hidden = !figures.trouble;
  };

  // Without answers a speed and a time left would be guesses: they go until the next answer.
  const say = (lost) => {
    run.querySelector("[data-circ=lost]").hidden = !lost;
    bar.parentElement.toggleAttribute("data-lost", lost);
  };

  const ask = async () => {
    try {
      const response = await fetch(run.dataset.live, {
        headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
        credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const figures = await response.json();
      if (figures.state !== run.dataset.circRun) return window.location.reload();
      missed = 0;
      fill(figures);
    } catch {
      missed += 1;
      moved = Date.now(); // nothing is known of it
    }
    say(missed > TOLERATED);
    plan();
  };
  const plan = () => {
    window.clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(ask, EVERY);
  };
  document.addEventListener("visibilitychange", () => {
    window.clearTimeout(timer);
    if (!document.hidden) ask();
  });
  plan();
})();
