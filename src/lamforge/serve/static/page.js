"use strict";

const at = (id) => document.getElementById(id);
const MOST_ROUNDS = 12; // answers in a row without a word from the user
let messages = [];
let session = null;
let stopping = null;

function show(kind, text) {
  const turn = document.createElement("div");
  turn.className = `turn ${kind}`;
  turn.textContent = text; // what a model wrote is text, never markup
  at("talk").append(turn);
  turn.scrollIntoView({ block: "end" });
  return turn;
}

function headers() {
  const key = at("key").value.trim();
  return { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
}

async function fetched(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const response = await fetch(path, { ...options, headers: headers(), signal: stopping?.signal });
  if (!response.ok) {
    const told = await response.json().catch(() => null);
    throw new Error(told?.error?.message ?? `${response.status} ${response.statusText}`);
  }
  return response;
}

function tools() {
  const text = at("tools").value.trim();
  if (!text) return [];
  let read;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Error(`The tools are not JSON: ${error.message}`);
  }
  return (Array.isArray(read) ? read : [read]).map((tool) => (tool.function ? tool : { type: "function", function: tool }));
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (left + value).split("\n");
    left = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: ") && line !== "data: [DONE]") yield JSON.parse(line.slice(6));
    }
  }
}

/** One answer of the model, shown while it comes. */
async function answer() {
  const offered = tools();
  const body = { messages: conversation(), stream: true };
  if (offered.length) Object.assign(body, { tools: offered, tool_choice: at("choice").value });
  const calls = [];
  let content = "";
  let turn = null;
  for await (const event of events(await fetched("/v1/chat/completions", body))) {
    if (event.error) throw new Error(event.error.message);
    const delta = event.choices[0]?.delta ?? {};
    if (delta.content) {
      turn ??= show("assistant", "");
      content += delta.content;
      turn.textContent = content;
    }
    for (const piece of delta.tool_calls ?? []) {
      if (piece.function.name) {
        calls[piece.index] = { id: piece.id, name: piece.function.name, arguments: "", turn: show("call", "") };
      }
      const call = calls[piece.index];
      call.arguments += piece.function.arguments ?? "";
      call.turn.textContent = `${call.name}(${call.arguments})`;
    }
  }
  const made = calls.map((call) => ({
    id: call.id, type: "function", function: { name: call.name, arguments: call.arguments },
  }));
  messages.push({ role: "assistant", content: content || null, ...(made.length ? { tool_calls: made } : {}) });
  return calls;
}

function conversation() {
  const system = at("system").value.trim();
  return system ? [{ role: "system", content: system }, ...messages] : messages;
}

/** The result of a call: from the server's domain, or from the person at the page. */
async function result(call) {
  if (!session) return asked(call);
  const body = { session, name: call.name, arguments: JSON.parse(call.arguments) };
  const done = await (await fetched("/page/call", body)).json();
  show("result", done.content);
  return done.content;
}

function asked(call) {
  return new Promise((resolve) => {
    const turn = show("result give", "");
    const field = document.createElement("input");
    field.setAttribute("aria-label", `Result of ${call.name}`);
    field.placeholder = `What ${call.name} returns`;
    const give = document.createElement("button");
    give.type = "button";
    give.textContent = "Give";
    const finish = () => { turn.className = "turn result"; turn.textContent = field.value; resolve(field.value); };
    give.addEventListener("click", finish);
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") finish(); });
    turn.append(field, give);
    field.focus();
  });
}

function busy(is) {
  at("send").hidden = is;
  at("stop").hidden = !is;
  stopping = is ? new AbortController() : null;
}

async function say(words) {
  messages.push({ role: "user", content: words });
  show("user", words);
  busy(true);
  try {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const calls = await answer();
      if (!calls.length) return;
      for (const call of calls) messages.push({ role: "tool", tool_call_id: call.id, content: await result(call) });
    }
    show("error", `The model called ${MOST_ROUNDS} times in a row.`);
  } catch (error) {
    show("error", error.name === "AbortError" ? "Stopped." : error.message);
    while (messages.length && messages.at(-1).role !== "user") messages.pop(); // keep what can be answered again
  } finally {
    busy(false);
    at("words").focus();
  }
}

async function begin() {
  messages = [];
  at("talk").replaceChildren();
  try {
    const listed = await (await fetched("/v1/models")).json();
    at("model").textContent = listed.data[0].id;
    const domain = await (await fetched("/page/domain")).json();
    session = domain?.session ?? null;
    if (domain) {
      at("tools").value = JSON.stringify(domain.tools, null, 2);
      at("tools").readOnly = true;
      at("system").value = domain.policy;
    }
  } catch (error) {
    show("error", error.message);
    at("setup").open = true;
  }
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = at("words").value.trim();
  if (!words || stopping) return;
  at("words").value = "";
  say(words);
});
at("words").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); at("ask").requestSubmit(); }
});
at("stop").addEventListener("click", () => stopping?.abort());
at("fresh").addEventListener("click", begin);
at("key").addEventListener("change", begin);
begin();
