"use strict";
// Every text below comes from models and users; it reaches the page through textContent and nothing else.
const { conversations, policy } = JSON.parse(document.getElementById("data").textContent);
const PAGE = 200; // list entries that are made at once
const [list, detail, outcome, shape, search, count] =
  ["list", "detail", "outcome", "shape", "search", "count"].map((id) => document.getElementById(id));
const words = (name) => name.replaceAll("_", " ");

function add(parent, tag, className, text) {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function haystack(entry) {
  entry.haystack ??= [entry.task, entry.kind, entry.instruction, ...entry.failures]
    .concat(entry.messages.flatMap((message) => [message.text, ...message.calls])).join("\n").toLowerCase();
  return entry.haystack;
}

function matches(entry) {
  const wanted = outcome.value;
  if (wanted === "passed" ? !entry.passed : wanted === "failed" ? entry.passed : wanted && entry.kind !== wanted) return false;
  if (shape.value && entry.shape !== shape.value) return false;
  return search.value.toLowerCase().split(/\s+/).every((word) => haystack(entry).includes(word));
}

function state(parent, entry) {
  const text = entry.passed ? "passed" : "failed: " + words(entry.kind);
  add(parent, "div", "state " + (entry.passed ? "passed" : "failed"), `${text} · trial ${entry.trial}`);
}

function showList() {
  const found = conversations.filter(matches);
  count.textContent = `${found.length} of ${conversations.length}`;
  list.replaceChildren();
  showMore(found, 0);
  if (found.length) show(found[0]);
  else detail.replaceChildren(document.createTextNode("No conversation matches."));
}

function showMore(found, start) {
  for (const entry of found.slice(start, start + PAGE)) {
    const button = add(list, "button");
    button.type = "button";
    entry.button = button;
    state(button, entry);
    add(button, "div", "topic", entry.instruction || entry.task);
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
  const [read, written] = entry.tokens.split(" + ");
  for (const fact of [`task ${entry.task}`, words(entry.shape), `ended: ${words(entry.ended)}`, `${entry.seconds} s`, `${read} tokens read, ${written} written`])
    if (fact) add(facts, "span", "", fact);
  add(detail, "p", "", entry.instruction);
  if (entry.outputs.length) add(detail, "p", "quiet", "The user must be told: " + entry.outputs.join(" · "));
  if (!entry.passed) {
    showFailures(entry);
    const compare = add(detail, "div", "compare");
    showWrites(compare, "Expected writes", entry.expected);
    showWrites(compare, "Writes made", entry.tried);
  }
  add(detail, "h3", "", "Conversation");
  fold(detail, "the policy the agent was given", policy);
  entry.messages.forEach(showMessage);
  if (entry.changes) {
    add(detail, "h3", "", "What changed in the environment");
    add(add(detail, "div", "box"), "pre", "", entry.changes);
  }
}

function showFailures(entry) {
  if (!entry.failures.length) return;
  add(detail, "h3", "", "What went wrong");
  const problems = add(detail, "ul", "problems");
  entry.failures.forEach((failure) => add(problems, "li", "", failure));
}

function showWrites(parent, title, writes) {
  const column = add(parent, "div");
  add(column, "h3", "", title);
  if (!writes.length) add(column, "p", "quiet", "none");
  for (const { text, mark } of writes) {
    const box = add(column, "div", mark ? "box off" : "box");
    add(box, "pre", "", text);
    if (mark) add(box, "div", "mark", mark);
  }
}

function showMessage({ role, text, calls }) {
  const block = add(detail, "div", "message " + role);
  if (role === "tool") return fold(block, "result: " + text.replace(/\s+/g, " ").slice(0, 90), text);
  add(block, "div", "who", role === "assistant" ? "agent" : role);
  if (text) add(block, "div", "text", text);
  calls.forEach((call) => add(block, "pre", "call", call));
}

function fold(parent, title, text) {
  const details = add(parent, "details");
  add(details, "summary", "", title);
  add(details, "pre", "", text);
}

for (const name of new Set(conversations.map((entry) => entry.shape).filter(Boolean))) {
  add(shape, "option", "", words(name)).value = name;
}
let pending;
search.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(showList, 120); });
for (const select of [outcome, shape]) select.addEventListener("change", showList);
for (const link of document.querySelectorAll("[data-kind]")) {
  link.addEventListener("click", () => {
    outcome.value = link.dataset.kind;
    showList();
    document.getElementById("conversations").scrollIntoView();
  });
}
if (conversations.some((entry) => !entry.passed)) outcome.value = "failed";
showList();
