// Holds our vocabulary and our letters against the reference compiler of MJML, strictly, and against a validator of
// HTML: `node check.mjs FOLDER`, the folder being what letters.py wrote. Ends with 1 if anything is wrong.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { HtmlValidate, StaticConfigLoader } from "html-validate";
import mjml2html from "mjml";
import { components } from "mjml-core";
import preset from "mjml-preset-core";

const folder = process.argv[2];
const SHOWN = 40;
const faults = new Map();

function found(problem, where) {
  const places = faults.get(problem) ?? [];
  places.push(where);
  faults.set(problem, places);
}

// What MJML knows without a component's list: the root's attributes, and two that every component takes.
const ROOT = ["lang", "dir", "owa"];
const EVERYWHERE = ["css-class", "mj-class"];

function checkVocabulary({ components: ours, children }) {
  for (const [name, attributes] of Object.entries(ours)) {
    const known = name === "mjml" ? ROOT : Object.keys(components[name]?.allowedAttributes ?? {}).concat(EVERYWHERE);
    if (name !== "mjml" && !components[name]) found(`MJML has no <${name}>`, "vocabulary.py");
    for (const attribute of attributes)
      if (!known.includes(attribute)) found(`MJML's <${name}> has no attribute ${attribute}`, "vocabulary.py");
  }
  for (const [name, names] of Object.entries(children))
    for (const child of names)
      if (!preset.dependencies[name]?.some((rule) => (rule instanceof RegExp ? rule.test(child) : rule === child)))
        found(`MJML takes no <${child}> in <${name}>`, "vocabulary.py");
}

async function checkMjml(name) {
  try {
    await mjml2html(await readFile(join(folder, name), "utf8"), { validationLevel: "strict" });
  } catch (error) {
    const errors = error.errors ?? [{ formattedMessage: String(error.message ?? error) }];
    for (const { tagName, message, formattedMessage, line } of errors)
      found(`mjml: ${tagName ? `<${tagName}> ${message}` : formattedMessage}`, `${name}${line ? `:${line}` : ""}`);
  }
}

// All that the validator recommends, but for what mail needs: mail clients are twenty years of browsers.
const validator = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:recommended"],
    rules: {
      "doctype-style": "off", // mrml writes it in small letters, which HTML allows
      "void-style": "off", // letters are XHTML on purpose: <br />, which HTML allows
      "no-conditional-comment": "off", // Outlook on Windows reads them, and nothing else tells it a width
      "no-inline-style": "off", // half of the clients drop style elements
      "no-deprecated-attr": "off", // Outlook sets tables by cellpadding, align, bgcolor and width
      "prefer-tbody": "off", // HTML puts it in by itself
      "long-title": "off", // advice for search engines; a letter's title is its subject
      "empty-title": "off", // an edition without any words is for the checks before sending
      "no-trailing-whitespace": "off", // style; an editor's line may end with a blank
      "prefer-native-element": "off", // MJML's <div role="article"> holds the letter; Outlook knows no <article>
    },
  }),
);

async function checkHtml(name) {
  const report = await validator.validateString(await readFile(join(folder, name), "utf8"), name);
  for (const { messages } of report.results)
    for (const { ruleId, message, line, column } of messages)
      found(`html ${ruleId}: ${message}`, `${name}:${line}:${column}`);
}

const started = performance.now();
checkVocabulary(JSON.parse(await readFile(join(folder, "vocabulary.json"), "utf8")));
const names = (await readdir(folder)).sort();
const letters = names.filter((name) => name.endsWith(".mjml"));
const pages = names.filter((name) => name.endsWith(".html"));
for (const name of letters) await checkMjml(name);
const middle = performance.now();
for (const name of pages) await checkHtml(name);
const seconds = (from, to) => `${((to - from) / 1000).toFixed(1)} s`;
console.log(`${letters.length} documents by mjml (strict) in ${seconds(started, middle)}`);
console.log(`${pages.length} pages by html-validate in ${seconds(middle, performance.now())}`);
for (const [problem, places] of [...faults].slice(0, SHOWN))
  console.error(`${problem}\n    ${places.length} times, first in ${places[0]}`);
if (faults.size > SHOWN) console.error(`and ${faults.size - SHOWN} more`);
if (!letters.length || !pages.length || letters.length !== pages.length) {
  console.error(`${letters.length} letters and ${pages.length} pages: each letter has both, and there are some`);
  process.exit(1);
}
process.exit(faults.size ? 1 : 0);
