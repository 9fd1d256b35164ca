"use strict";

/* The conversation: what is sent to the server, and what comes of it. view.js shows it. */

const MOST_ROUNDS = 12; // answers in a row without a word from the user
let messages = []; // the conversation as the model reads it
let domain = null; // what carries calls out; null: the person at the page types their results
let stopping = null; // stops the answer that is being made
let turn = Promise.resolve(); // one thing happens after the other

async function fetched(path, body) {
  const key = String.fromCharCode(...new TextEncoder().encode(at("key").value.trim())); // a header carries bytes
  const headers = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const signal = stopping?.signal;
  const response = await fetch(path, { method: body ? "POST" : "GET", body, headers, signal }).catch((error) => {
    throw signal?.aborted ? error : new Error("The server cannot be reached.");
  });
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  if (response.status !== 401) throw new Error(told?.error?.message ?? `The server answers with ${response.status}.`);
  at("lock").hidden = false;
  at("key").focus();
  throw new Error(key ? "The server does not take this key." : "This server wants the key that it was started with.");
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

/** The tools that the model may call, as the API takes them. */
function tools() {
  const text = at("tools").value.trim();
  if (domain || !text) return domain?.tools ?? [];
  let read;
  try {
    read = [JSON.parse(text)].flat();
  } catch (error) {
    throw new Error(`The tools are not JSON: ${error.message}`);
  }
  if (!read.every((tool) => tool?.name || tool?.function?.name)) {
    throw new Error("The tools are no list of objects that have a name each.");
  }
  return read.map((tool) => (tool.function ? tool : { type: "function", function: tool }));
}

/** One answer of the model, shown while it comes. Ends with its calls; what was written before a stop stays. */
async function answer(choice) {
  const offered = tools();
  const system = at("system").value.trim();
  const body = { messages: system ? [{ role: "system", content: system }, ...messages] : messages, stream: true };
  if (offered.length) Object.assign(body, { tools: offered, tool_choice: choice });
  const calls = [];
  let said = null;
  let ended = null;
  try {
    for await (const event of events(await fetched("/v1/chat/completions", JSON.stringify(body)))) {
      if (event.error) throw new Error(event.error.message);
      const { delta, finish_reason: reason } = event.choices[0];
      ended = reason ?? ended;
      if (delta.content) {
        said ??= add(at("talk"), "div", "said assistant");
        said.textContent += delta.content;
      }
      if (delta.problem) add(at("talk"), "p", "wrong", delta.problem);
      for (const { index, id, function: piece, problems } of delta.tool_calls ?? []) {
        calls[index] ??= written(id, piece.name);
        calls[index].arguments += piece.arguments ?? "";
        calls[index].shown.textContent = calls[index].arguments;
        for (const problem of problems ?? []) add(calls[index].part, "p", "wrong", problem);
      }
    }
    if (!ended) throw new Error("The answer broke off.");
    if (!said && !calls.length) add(at("talk"), "p", "note", "The model said nothing.");
    if (ended === "length") add(at("talk"), "p", "note", "Cut here: the answer has as many tokens as it may have.");
  } finally {
    const whole = ended && ended !== "length";
    for (const call of calls) {
      call.shown.textContent = pretty(call.arguments);
      if (!whole) outcome(call, "Not carried out", "", true);
    }
    const made = calls.map((call) => (
      { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } }));
    const message = { role: "assistant", content: said?.textContent ?? null };
    if (whole && made.length) messages.push({ ...message, tool_calls: made });
    else if (said || whole) messages.push({ ...message, content: message.content ?? "" });
    if (!whole) calls.length = 0;
  }
  return calls;
}

/** The result of a call: from the server's copy of the domain, or from the person at the page. */
async function result(call) {
  if (!readable(call.arguments)) {
    outcome(call, "Not carried out", "", true);
    return "Error: the call broke off";
  }
  if (!domain) return typed(call);
  const named = JSON.stringify({ session: domain.session, name: call.name });
  const body = `${named.slice(0, -1)},"arguments":${call.arguments || "{}"}}`; // as written: no number is rounded
  const done = await (await fetched("/page/call", body)).json();
  outcome(call, done.ok ? "Result" : "Error", done.content, !done.ok, done.changed);
  return done.content;
}

function typed(call) {
  const part = outcome(call, "Result", "");
  const form = add(part, "form", "give");
  const field = add(form, "textarea", "");
  field.rows = 1;
  field.placeholder = `What does ${call.name} return?`;
  field.setAttribute("aria-label", `Result of ${call.name}`);
  add(form, "button", "strong", "Give");
  sends(field);
  field.focus();
  return new Promise((resolve, reject) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      part.remove();
      outcome(call, "Result, typed by you", field.value);
      resolve(field.value);
    });
    stopping.signal.addEventListener("abort", () => { part.remove(); reject(stopping.signal.reason); });
  });
}

/** Puts a result after each call, also after those that were not reached: the model reads one for every call. */
async function carryOut(calls) {
  let problem = null;
  for (const call of calls) {
    let content = "Error: not carried out";
    try {
      if (!problem) content = await result(call);
    } catch (error) {
      problem = error;
    }
    if (problem) outcome(call, "Not carried out", "", true);
    messages.push({ role: "tool", tool_call_id: call.id, content });
  }
  if (problem) throw problem;
}

/* The conversation. */

function busy(is) {
  at("send").hidden = is;
  at("stop").hidden = !is;
  at("talk").setAttribute("aria-busy", is);
  stopping = is ? new AbortController() : null;
  if (!is && wide.matches && at("lock").hidden) at("words").focus(); // on a phone the keyboard would cover the answer
}

async function say(words) {
  tell("");
  busy(true);
  at("intro").hidden = true;
  const bubble = add(at("talk"), "div", "said user", words);
  const asked = messages.push({ role: "user", content: words });
  const choice = at("choice").value;
  try {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const calls = await answer(round && choice === "required" ? "auto" : choice);
      if (!calls.length) return;
      await carryOut(calls);
    }
    add(at("talk"), "p", "note", `The model answered ${MOST_ROUNDS} times in a row with calls. Write to go on.`);
  } catch (error) {
    if (!stopping.signal.aborted) tell(error.message);
    else if (messages.length > asked) add(at("talk"), "p", "note", "Stopped.");
    if (messages.length > asked) return;
    messages.pop(); // nothing was answered: the words go back to where they were written
    bubble.remove();
    at("intro").hidden = Boolean(at("talk").children.length);
    at("words").value ||= words;
  } finally {
    busy(false);
  }
}

async function begun() {
  messages = [];
  at("talk").replaceChildren();
  tell("");
  at("lock").hidden = true;
  try {
    if (!at("model").textContent) await greet();
    const name = at("source").value;
    const before = domain?.name;
    domain = name ? await (await fetched("/page/domain", JSON.stringify({ name }))).json() : null;
    if (before !== domain?.name) at("system").value = domain?.policy ?? "";
    introduce();
  } catch (error) {
    tell(error.message);
  }
}

function begin() {
  stopping?.abort();
  turn = turn.then(begun);
}

/** What stands where no conversation is yet, and in the panel. */
function introduce() {
  const intro = at("intro");
  intro.hidden = false;
  intro.replaceChildren();
  at("listed").replaceChildren();
  at("own").hidden = Boolean(domain);
  at("chosen").textContent = domain ? `${domain.name}, ${domain.tools.length} tools` : "your own, as JSON";
  add(intro, "h2", "", domain ? `Chat with the tools of ${domain.name}` : "Chat with the model");
  add(intro, "p", "", domain ? `${domain.description} Calls act on a copy of its data, made for this chat.`
    : "To see it call tools, choose a domain, or paste tools of your own under Tools.");
  const offers = add(intro, "div", domain ? "chips" : "offers");
  for (const { function: tool } of domain?.tools ?? []) {
    add(offers, "code", "", tool.name);
    const item = add(at("listed"), "li", "");
    add(item, "code", "", tool.name);
    add(item, "span", "", tool.description);
  }
  for (const { value, title } of domain ? [] : [...at("source").options].slice(1)) {
    const offer = add(offers, "button", "");
    add(offer, "b", "", value);
    add(offer, "span", "", title);
    offer.addEventListener("click", () => { at("source").value = value; begin(); });
  }
}

/** The first words with the server: the model's name, and the domains that it offers. */
async function greet() {
  const { data } = await (await fetched("/v1/models")).json();
  const { domains, chosen } = await (await fetched("/page/domains")).json();
  for (const { name, description } of domains) {
    const option = add(at("source"), "option", "", name);
    option.value = name;
    option.title = description;
  }
  at("source").value = chosen ?? "";
  at("model").textContent = data[0].id;
}

sends(at("words"));
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = at("words").value.trim();
  if (!words || stopping) return;
  at("words").value = "";
  following = true;
  turn = turn.then(() => say(words));
});
at("lock").addEventListener("submit", (event) => { event.preventDefault(); begin(); });
at("stop").addEventListener("click", () => stopping?.abort());
at("fresh").addEventListener("click", begin);
at("source").addEventListener("change", begin);
at("setup").open = wide.matches;
begin();
