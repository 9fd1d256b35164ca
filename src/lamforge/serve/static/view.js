"use strict";

/* How the page shows things. Every text goes through textContent: what a model wrote is never markup. */

const at = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 62rem)"); // as in page.css

function add(parent, tag, kind, text = "") {
  const made = document.createElement(tag);
  made.className = kind;
  made.textContent = text;
  parent.append(made);
  return made;
}

function tell(problem) {
  at("notice").textContent = problem;
  at("notice").hidden = !problem;
}

/** A JSON value in as few lines as are easy to read. */
function laid(value, inset = "") {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const list = Array.isArray(value);
  const deeper = `${inset}  `;
  const named = (name) => (list ? "" : `${JSON.stringify(name)}: `);
  const parts = Object.entries(value).map(([name, held]) => named(name) + laid(held, deeper));
  const line = parts.join(", ");
  const [open, close] = list ? "[]" : "{}";
  if (inset.length + line.length < (wide.matches ? 76 : 36) && !line.includes("\n")) return open + line + close;
  return `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${inset}${close}`;
}

/** A text that may be JSON, laid out unless that would change more than its spaces. */
function pretty(text) {
  try {
    const read = laid(JSON.parse(text));
    return read.replace(/\s/g, "") === text.replace(/\s/g, "") ? read : text;
  } catch {
    return text;
  }
}

/** Whether a call's arguments are whole JSON. */
function readable(text) {
  try {
    JSON.parse(text || "{}");
    return true;
  } catch {
    return false;
  }
}

/** The card of a call that has begun to come. */
function written(id, name) {
  const card = add(at("talk"), "section", "step");
  const part = add(card, "div", "call");
  add(part, "p", "label", "Call");
  add(part, "code", "", name);
  return { id, name, arguments: "", card, part, shown: add(part, "pre", "") };
}

/** The second part of a call's card. */
function outcome(call, label, content, failed = false, changed = []) {
  const part = add(call.card, "div", failed ? "result failed" : "result");
  add(part, "p", "label", label);
  if (content) add(part, "pre", "", pretty(content));
  const list = changed.length ? add(part, "ul", "changed") : null;
  for (const { op, path, value } of changed) {
    add(list, "li", "", op === "remove" ? `${path} removed` : `${path} → ${JSON.stringify(value)}`);
  }
  return part;
}

/** Enter sends a field's form, Shift+Enter makes a line. */
function sends(field) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form.requestSubmit();
  });
}

let following = true; // whether the end is kept in sight: until the person scrolls up
let lastPlace = 0;
const root = document.documentElement;
addEventListener("scroll", () => {
  if (root.scrollHeight - innerHeight - scrollY < 40) following = true;
  else if (scrollY < lastPlace) following = false;
  lastPlace = scrollY;
});
new ResizeObserver(() => { if (following) scrollTo(0, root.scrollHeight); }).observe(at("talk"));
