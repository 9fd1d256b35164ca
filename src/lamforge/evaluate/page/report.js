"use strict";
// Every text below comes from models and users; it reaches the page through textContent and nothing else.
const { rows, details, noun, shared, shared_title } = JSON.parse(document.getElementById("data").textContent);
const [TASK, TRIAL, CATEGORY, STATE, KIND, TYPE, SECONDS, TOKENS, COST, SOUND, WHY] = Array(11).keys();
const COLUMNS = [["task", TASK], ["trial", TRIAL], ["category", CATEGORY], ["result", KIND], ["error", TYPE], ["seconds", SECONDS], ["tokens", TOKENS]];
const NUMBERS = new Set([TRIAL, SECONDS, TOKENS]);
const HEIGHT = 31; // of a row in pixels, as in the style
const SPARE = 12; // rows that are made above and below those in sight
const [head, list, tall, detail, outcome, category, kind, search, count] =
  ["head", "list", "tall", "detail", "outcome", "category", "kind", "search", "count"].map((id) => document.getElementById(id));
const words = (name) => name.replaceAll("_", " ");
const result = (row) => (row[STATE] === "failed" ? `failed: ${words(row[KIND] || "other")}` : row[STATE] === "error" ? "no result" : "passed");
let found = []; // places of the rows that are shown, in their order
let chosen = -1; // the place of the row that is open
let sorted = { by: -1, down: false };

function add(parent, tag, className, text) {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const haystacks = [];
function haystack(place) {
  haystacks[place] ??= (rows[place].join("\n") + "\n" + details[place]).toLowerCase();
  return haystacks[place];
}

function matches(place, asked) {
  const row = rows[place];
  if (outcome.value && row[STATE] !== outcome.value) return false;
  if (category.value && row[CATEGORY] !== category.value) return false;
  if (kind.value && (row[STATE] !== "failed" || (row[KIND] !== kind.value && "type:" + row[TYPE] !== kind.value))) return false;
  return asked.every((word) => haystack(place).includes(word));
}

function order(a, b) {
  const [x, y] = [rows[a], rows[b]];
  let less = 0;
  if (sorted.by === KIND) less = result(x) < result(y) ? -1 : result(x) > result(y) ? 1 : 0;
  else if (sorted.by >= 0) less = x[sorted.by] < y[sorted.by] ? -1 : x[sorted.by] > y[sorted.by] ? 1 : 0;
  return (sorted.down ? -less : less) || a - b;
}

function refresh() {
  const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  found = rows.map((_, place) => place).filter((place) => matches(place, asked));
  if (sorted.by >= 0) found.sort(order);
  count.textContent = `${found.length} of ${rows.length}`;
  tall.style.height = `${found.length * HEIGHT}px`;
  list.scrollTop = 0;
  draw();
  if (found.length) open(found[0]);
  else detail.replaceChildren(document.createTextNode(`Of the ${noun} none matches.`));
}

function draw() {
  const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - SPARE);
  const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / HEIGHT) + SPARE);
  tall.replaceChildren();
  for (let number = first; number < last; number++) {
    const place = found[number];
    const button = add(tall, "button", "row");
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.place = place;
    button.style.top = `${number * HEIGHT}px`;
    if (place === chosen) button.setAttribute("aria-current", "true");
    for (const [, column] of COLUMNS) {
      const value = rows[place][column];
      const text = column === KIND ? result(rows[place]) : column === SECONDS ? value.toFixed(2) : column === CATEGORY ? words(value) : String(value);
      add(button, "span", NUMBERS.has(column) ? "n" : column === KIND ? rows[place][STATE] : "", text).title = text;
    }
  }
}

function open(place) {
  chosen = place;
  for (const row of tall.children) row.toggleAttribute("aria-current", false);
  const current = [...tall.children].find((row) => Number(row.dataset.place) === place);
  if (current) current.setAttribute("aria-current", "true");
  detail.replaceChildren();
  const row = rows[place];
  add(detail, "div", "state " + row[STATE], `${result(row)} · trial ${row[TRIAL]}`);
  const facts = add(detail, "div", "facts");
  const entry = details[place] ? JSON.parse(details[place]) : {};
  const numbers = [`${row[SECONDS]} s`, `${row[TOKENS].toLocaleString("en")} tokens`, row[COST] ? `cost ${row[COST]}` : "", row[TYPE], row[SOUND] && `soundly: ${row[SOUND]}`];
  for (const fact of [`task ${row[TASK]}`, words(row[CATEGORY]), ...(entry.facts ?? []), ...numbers]) if (fact) add(facts, "span", "", fact);
  if (!details[place]) add(detail, "p", "quiet", `${row[WHY]} The rest is in details.jsonl.`);
  else show(entry, row);
}

function show(entry, row) {
  if (entry.instruction) add(detail, "p", "", entry.instruction);
  if (entry.told?.length) add(detail, "p", "quiet", "The user must be told: " + entry.told.join(" · "));
  const failures = entry.failures?.length ? entry.failures : row[STATE] !== "passed" && row[WHY] ? [row[WHY]] : [];
  if (failures.length) {
    add(detail, "h3", "", "What went wrong");
    const problems = add(detail, "ul", "problems");
    failures.forEach((failure) => add(problems, "li", "", failure));
  }
  for (const { title, expected, made } of entry.comparisons ?? []) {
    const compare = add(detail, "div", "compare");
    showCalls(compare, `Expected ${title}`, expected);
    showCalls(compare, `Made: ${title}`, made);
  }
  for (const [title, text] of [["the prompt", entry.prompt], ["the output as it was written", entry.output]]) if (text) fold(detail, title, text);
  if (entry.shared) fold(detail, shared_title, shared);
  if (entry.messages?.length) add(detail, "h3", "", "Turn by turn");
  let turn = 0;
  for (const message of entry.messages ?? []) {
    if (message.role === "user") add(detail, "div", "turn", `turn ${++turn}`);
    showMessage(message);
  }
  if (entry.changes?.length) {
    add(detail, "h3", "", "What changed in the environment");
    add(add(detail, "div", "box"), "pre", "", entry.changes.join("\n"));
  }
}

function showCalls(parent, title, calls) {
  const column = add(parent, "div");
  add(column, "h3", "", title);
  if (!calls.length) add(column, "p", "quiet", "none");
  for (const call of calls) {
    const box = add(column, "div", call.mark || call.arguments.some(([, , mark]) => mark) ? "box off" : "box");
    add(box, "code", call.mark ? "off" : "", call.name);
    for (const [name, value, mark] of call.arguments) {
      const line = add(box, "div", mark ? "argument off" : "argument");
      add(line, "code", "", `${name} = ${value}`);
      if (mark) add(line, "em", "", mark);
    }
    if (call.mark) add(box, "div", "mark", call.mark);
  }
}

function showMessage({ role, text, calls, changes }) {
  const block = add(detail, "div", "message " + role);
  if (role === "tool") fold(block, "result: " + text.replace(/\s+/g, " ").slice(0, 90), text);
  else {
    add(block, "div", "who", role === "assistant" ? "agent" : role);
    if (text) add(block, "div", "text", text);
    (calls ?? []).forEach((call) => add(block, "pre", "call", call));
  }
  if (changes?.length) add(block, "pre", "change", changes.join("\n"));
}

function fold(parent, title, text) {
  const box = add(parent, "details");
  add(box, "summary", "", title);
  add(box, "pre", "", text);
}

function step(by) {
  const number = Math.min(found.length - 1, Math.max(0, found.indexOf(chosen) + by));
  const top = number * HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + HEIGHT - list.clientHeight;
  draw();
  if (found.length) open(found[number]);
}

for (const [name, column] of COLUMNS) {
  const button = add(head, "button", NUMBERS.has(column) ? "n" : "", name);
  button.type = "button";
  button.addEventListener("click", () => {
    sorted = { by: column, down: sorted.by === column && !sorted.down };
    for (const each of head.children) each.removeAttribute("aria-sort");
    button.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    refresh();
  });
}
const offer = (select, values) => values.forEach(([value, text]) => (add(select, "option", "", text).value = value));
offer(category, [...new Set(rows.map((row) => row[CATEGORY]))].filter(Boolean).map((name) => [name, words(name)]));
const failed = rows.filter((row) => row[STATE] === "failed");
offer(kind, [...new Set(failed.map((row) => row[KIND]))].filter(Boolean).map((name) => [name, words(name)]));
offer(kind, [...new Set(failed.map((row) => row[TYPE]))].filter(Boolean).map((name) => ["type:" + name, name]));
let pending;
search.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(refresh, 120); });
for (const select of [outcome, category, kind]) select.addEventListener("change", refresh);
list.addEventListener("scroll", () => requestAnimationFrame(draw));
list.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (row) open(Number(row.dataset.place));
});
list.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (by) { event.preventDefault(); step(by); }
});
for (const link of document.querySelectorAll("[data-kind]")) {
  link.addEventListener("click", () => {
    [kind.value, outcome.value] = [link.dataset.kind, ""];
    refresh();
    document.getElementById("results").scrollIntoView();
  });
}
if (failed.length) outcome.value = "failed";
refresh();
