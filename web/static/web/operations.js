// Keeps the operators' pages live: asks for JSON and writes it into the elements that the server rendered.
(() => {
  "use strict";

  const root = document.querySelector("[data-circ-live]");
  if (!root) return;

  const MOVING = 1500; // ms between two questions while something moves
  const STILL = 10000;
  const DETAILS_EVERY = 4; // polls
  const PATIENCE = 8000;
  const pulse = root.querySelector("[data-circ=pulse]");
  const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);
  let seen = root.dataset.seen;
  let polls = 0;
  let timer = 0;

  function say(kind, at) {
    root.dataset.pulse = kind === "out" ? "lost" : kind;
    pulse.textContent = pulse.dataset[kind].replace("%s", at);
  }

  function put(scope, name, text) {
    for (const element of scope.querySelectorAll(`[data-circ=${name}]`)) {
      if (element.textContent !== text) element.textContent = text;
    }
  }

  function show(scope, name, visible) {
    for (const element of scope.querySelectorAll(`[data-circ=${name}]`)) element.hidden = !visible;
  }

  function fillStanding(scope, standing) {
    put(scope, "standing", standing.words);
    for (const element of scope.querySelectorAll("[data-circ=standing], [data-circ=standing-box]")) {
      element.dataset.tone = standing.tone;
    }
    for (const list of scope.querySelectorAll("[data-circ=standing-notes]")) {
      const known = [...list.children].map((item) => item.textContent);
      if (known.join("\n") !== standing.notes.join("\n")) {
        list.replaceChildren(
          ...standing.notes.map((note) => {
            const item = document.createElement("li");
            item.textContent = note;
            return item;
          }),
        );
      }
      list.hidden = standing.notes.length === 0;
    }
  }

  function fill(scope, figures) {
    for (const name of ["rate_text", "left_text", "elapsed_text", "reason", "planned_text", "by", "audience_name"]) {
      put(scope, name, figures[name]);
    }
    for (const element of scope.querySelectorAll("[data-circ-number]")) {
      element.textContent = numbers.format(figures[element.dataset.circNumber]);
    }
    for (const element of scope.querySelectorAll("[data-circ-count]")) {
      element.textContent = numbers.format(figures.counts[element.dataset.circCount]);
    }
    for (const element of scope.querySelectorAll("[data-circ=state]")) {
      element.dataset.state = figures.state;
      element.textContent = figures.state_label;
    }
    for (const part of figures.parts) {
      for (const rect of scope.querySelectorAll(`[data-circ=bar] rect[data-state=${part.state}]`)) {
        rect.setAttribute("x", `${part.start}%`);
        rect.setAttribute("width", `${part.width}%`);
      }
    }
    for (const element of scope.querySelectorAll("[data-when]")) {
      element.hidden = !element.dataset.when.split(" ").includes(figures.state);
    }
    fillStanding(scope, figures.standing);
    show(scope, "trouble", figures.trouble > 0);
    show(scope, "doubts", figures.doubts > 0);
    show(scope, "reason-box", figures.reason !== "");
    show(scope, "balanced", figures.balanced);
    show(scope, "unbalanced", !figures.balanced);
    scope.dataset.moving = figures.moving ? "yes" : "no";
    scope.dataset.open = figures.is_open ? "yes" : "no";
  }

  function addRow(figures) {
    const rows = root.querySelector("[data-circ=rows]");
    if (!rows.hasAttribute("data-grows")) return null;
    const row = root.querySelector("template[data-circ=row]").content.querySelector("tr").cloneNode(true);
    row.dataset.circDispatch = figures.id;
    const link = row.querySelector("[data-circ=link]");
    link.href = figures.url;
    link.textContent = figures.title;
    rows.prepend(row);
    show(root, "empty", false);
    show(root, "table", true);
    return row;
  }

  function fillMachinery(machinery) {
    for (const element of root.querySelectorAll("[data-circ-queue]")) {
      const known = machinery.queues !== null;
      element.textContent = known ? numbers.format(machinery.queues[element.dataset.circQueue]) : element.dataset.lost;
      element.classList.toggle("circ-bad", !known && element.dataset.lost.length > 1);
    }
    for (const element of root.querySelectorAll("[data-circ-machine]")) {
      const value = machinery[element.dataset.circMachine];
      element.textContent = typeof value === "number" ? numbers.format(value) : value;
    }
  }

  function fillDetails(html) {
    const box = root.querySelector("[data-circ=details]");
    if (!box || !html) return;
    const selection = document.getSelection();
    const inUse = box.contains(document.activeElement) || (!selection.isCollapsed && box.contains(selection.anchorNode));
    if (!inUse) box.innerHTML = html;
  }

  function take(answer) {
    seen = answer.at;
    if (root.dataset.kind === "index") {
      for (const figures of [...answer.dispatches].reverse()) {
        const row = root.querySelector(`tr[data-circ-dispatch="${figures.id}"]`) || addRow(figures);
        if (row) fill(row, figures);
      }
      fillMachinery(answer.machinery);
      return answer.dispatches.some((figures) => figures.moving);
    }
    fill(root, answer.dispatch);
    for (const element of root.querySelectorAll("[data-circ-reaction]")) {
      element.textContent = numbers.format(answer.reactions[element.dataset.circReaction]);
    }
    fillDetails(answer.details);
    return answer.dispatch.moving;
  }

  function address(wasMoving) {
    const url = new URL(root.dataset.circLive, window.location.href);
    if (root.dataset.kind === "index") {
      const open = [...root.querySelectorAll("tr[data-open=yes]")].map((row) => row.dataset.circDispatch);
      if (open.length) url.searchParams.set("ids", open.join(","));
    } else if (polls % DETAILS_EVERY === 0 || !wasMoving) {
      url.searchParams.set("details", "1");
    }
    return url;
  }

  async function poll(wasMoving) {
    polls += 1;
    try {
      const response = await fetch(address(wasMoving), {
        headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
        credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.status === 403) return say("out", seen);
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const moving = take(await response.json());
      say(moving ? "live" : "still", seen);
      return plan(moving);
    } catch {
      say("lost", seen);
      return plan(true);
    }
  }

  function plan(moving) {
    window.clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(() => poll(moving), moving ? MOVING : STILL);
  }

  document.addEventListener("visibilitychange", () => {
    window.clearTimeout(timer);
    if (!document.hidden) poll(true);
  });
  const moves = root.dataset.moving === "yes" || root.querySelector("[data-moving=yes]") !== null;
  plan(moves);
})();
