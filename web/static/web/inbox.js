// Asks every three seconds, while somebody looks, whether there are new letters, and says so. Without it the list still works.
"use strict";

const line = document.getElementById("new");
const link = line.querySelector("a");

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${line.dataset.count}?since=${line.dataset.total}`);
    if (!answer.ok) return;
    const { words } = await answer.json();
    if (link.textContent !== words) link.textContent = words;
    link.hidden = words === "";
  } catch {
    // The server is away: it is asked again in three seconds.
  }
}

setInterval(look, 3000);
document.addEventListener("visibilitychange", look);
