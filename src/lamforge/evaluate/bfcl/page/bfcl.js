"use strict";
// Every text below comes from models and tasks; it reaches the page through textContent and nothing else.
const { answers } = JSON.parse(document.getElementById("data").textContent);
const PAGE = 200; // list entries that are made at once
const [list, detail, outcome, category, kind, order, search, count] =
  ["list", "detail", "outcome", "category", "kind", "order", "search", "count"].map((id) => document.getElementById(id));

function add(parent, tag, className, text) {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function haystack(entry) {
  entry.haystack ??= [entry.id, entry.error, ...entry.functions, ...entry.question, ...entry.answer].join("\n").toLowerCase();
  return entry.haystack;
}

function matches(entry) {
  const wanted = outcome.value;
  if (wanted === "right" ? !entry.right : wanted === "wrong" ? entry.right : wanted === "differs" && !entry.sound) return false;
  if (category.value && entry.category !== category.value) return false;
  if (kind.value && entry.error !== kind.value) return false;
  return search.value.toLowerCase().split(/\s+/).every((word) => haystack(entry).includes(word));
}

const length = (entry) => entry.answer.reduce((sum, text) => sum + text.length, 0);
const orders = {
  error: (a, b) => a.error.localeCompare(b.error),
  answer: (a, b) => length(b) - length(a),
};

function state(parent, entry) {
  const text = entry.right ? "right" : entry.error;
  add(parent, "div", "state " + (entry.right ? "passed" : "failed"), entry.trial > 1 ? `${text} · trial ${entry.trial}` : text);
}

function showList() {
  const found = answers.filter(matches);
  if (orders[order.value]) found.sort(orders[order.value]);
  count.textContent = `${found.length} of ${answers.length}`;
  list.replaceChildren();
  showMore(found, 0);
  if (found.length) show(found[0]);
  else detail.replaceChildren(document.createTextNode("No answer matches."));
}

function showMore(found, start) {
  for (const entry of found.slice(start, start + PAGE)) {
    const button = add(list, "button");
    button.type = "button";
    entry.button = button;
    state(button, entry);
    add(button, "div", "topic", entry.id);
    button.addEventListener("click", () => show(entry));
  }
  if (found.length > start + PAGE) {
    const more = add(list, "button", "more", `${found.length - start - PAGE} more…`);
    more.type = "button";
    more.addEventListener("click", () => { more.remove(); showMore(found, start + PAGE); });
  }
}

function show(entry) {
  list.querySelector('[aria-current="true"]')?.removeAttribute("aria-current");
  entry.button.setAttribute("aria-current", "true");
  detail.replaceChildren();
  detail.scrollTop = 0;
  state(detail, entry);
  const facts = add(detail, "div", "facts");
  for (const fact of [entry.id, entry.sound && `sound: ${entry.sound}`]) if (fact) add(facts, "span", "", fact);
  if (entry.message) add(detail, "p", "failed", entry.message);
  const turns = Math.max(entry.question.length, entry.answer.length);
  for (let turn = 0; turn < turns; turn++) {
    if (turns > 1) add(detail, "h3", "", `Turn ${turn + 1}`);
    box("Asked", entry.question[turn]);
    box("Answered", entry.answer[turn]);
    if (turns > 1) box("Expected", entry.expected[turn]);
  }
  if (turns === 1) for (const text of entry.expected) box("Expected", text);
  showArguments(entry.arguments);
  box("Functions", entry.functions.join(", "));
}

function box(title, text) {
  if (text === undefined || text === "") return;
  add(detail, "h3", "", title);
  add(add(detail, "div", "box"), "pre", "", text);
}

function showArguments(rows) {
  if (!rows.length) return;
  add(detail, "h3", "", "Argument by argument");
  const body = add(add(detail, "table"), "tbody");
  const head = add(body, "tr");
  for (const name of ["argument", "given", "expected one of", "fault"]) add(head, "th", "", name);
  for (const { name, given, expected, off } of rows) {
    const row = add(body, "tr", off ? "off" : "");
    for (const text of [name, given, expected, off]) add(row, "td", "", text);
  }
}

for (const [select, field] of [[category, "category"], [kind, "error"]]) {
  for (const name of new Set(answers.map((entry) => entry[field]).filter(Boolean))) add(select, "option", "", name).value = name;
}
let pending;
search.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(showList, 120); });
for (const select of [outcome, category, kind, order]) select.addEventListener("change", showList);
for (const link of document.querySelectorAll("[data-kind]")) {
  link.addEventListener("click", () => {
    [outcome.value, category.value, kind.value] = ["", link.dataset.category, link.dataset.kind];
    showList();
    document.getElementById("answers").scrollIntoView();
  });
}
if (answers.some((entry) => !entry.right)) outcome.value = "wrong";
showList();
