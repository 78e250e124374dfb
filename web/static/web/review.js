// The letter's frame as high as the letter, so that a phone scrolls once; its links open beside this page.
(() => {
  "use strict";
  const frame = document.querySelector("[data-review-frame]");
  if (!frame) return;
  const fit = () => {
    const letter = frame.contentDocument;
    if (!letter || !letter.body) return;
    for (const link of letter.querySelectorAll("a[href]")) {
      link.target = link.getAttribute("href").startsWith("#") ? "_self" : "_blank";
      link.rel = "noopener noreferrer";
    }
    frame.style.height = `${letter.documentElement.scrollHeight}px`;
  };
  frame.addEventListener("load", fit);
  window.addEventListener("resize", fit);
  if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit();
})();
