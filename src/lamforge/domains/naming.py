"""How people speak of a domain whose words nobody wrote down: verbs and objects of its tools' names and docstrings.

`cancel_order(order_id)`, "Cancel an order that has not shipped.", gives "cancel my order", "cancel order {order_id}".
What `wording.yaml` says goes before it.
"""

from __future__ import annotations

import re
from typing import Any

from lamforge.domains.wording import ToolWording, Wording

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ARTICLE = re.compile(r"\b(?:an?|the|one)\b", re.IGNORECASE)
_OF_SOMEBODY = re.compile(r"\b(?:(?:an?|the|one)\s+)?(?:customer|user|member|patient|client|guest|owner|person)'s\b")
_REST = re.compile(
    r"\s*(?:[.,;:(]|\b(?:and|or|that|which|who|whom|where|when|while|whose|if|by|with|using|given|from|in|for|to|on|at|of|until)\b)"
)
_IRREGULAR = {
    "send": "sent", "set": "set", "put": "put", "get": "got", "take": "taken", "make": "made", "pay": "paid",
    "buy": "bought", "sell": "sold", "hold": "held", "give": "given", "write": "written", "begin": "begun",
    "choose": "chosen", "find": "found", "lend": "lent", "withdraw": "withdrawn", "reset": "reset", "undo": "undone",
    "do": "done", "leave": "left", "let": "let", "see": "seen", "show": "shown",
}  # fmt: skip
_DOUBLED = {
    "cancel": "cancelled", "swap": "swapped", "drop": "dropped", "stop": "stopped", "ship": "shipped",
    "transfer": "transferred", "submit": "submitted", "plan": "planned", "refer": "referred",
}  # fmt: skip
_PREPOSITIONS = {"of", "for", "by", "in", "on", "at", "from", "with"}
_SHOWS = {"return", "retrieve", "get", "fetch", "give"}  # what tools do when users see something
_MAKES = {
    "add",
    "apply",
    "book",
    "buy",
    "choose",
    "create",
    "file",
    "find",
    "get",
    "hire",
    "join",
    "make",
    "open",
    "order",
}
_MAKES |= {
    "place",
    "register",
    "request",
    "reserve",
    "schedule",
    "start",
    "submit",
    "subscribe",
}  # their object is not the user's yet
_HANDS_ON = re.compile(r"(transfer|hand over|handover|escalate|forward|connect)(?: \w+)?? to (?:an? |the )?(\w[\w ]*)")


def named(wording: Wording, tools: list[dict[str, Any]]) -> Wording:
    """The wording with what it is silent about filled in from the tools' OpenAI descriptions."""
    known = dict(wording.tools)
    arguments = dict(wording.arguments)
    for tool in tools:
        function = tool["function"]
        own = known.get(function["name"], ToolWording())
        derived = _tool_words(function)
        known[function["name"]] = ToolWording(
            ask=own.ask or derived.ask, confirm=own.confirm or derived.confirm, done=own.done or derived.done
        )
        for argument in function.get("parameters", {}).get("properties", {}):
            nouns = [plain_words(argument), argument.replace("_", " ")]
            arguments.setdefault(argument, list(dict.fromkeys(nouns)))
    return wording.model_copy(update={"tools": known, "arguments": arguments})


def plain_words(name: str) -> str:
    """A name of code in words: `newZipCode` and `new_zip_code` are "new zip code", an id is spoken of as a number."""
    words = _CAMEL.sub("_", name).replace("-", "_").replace(".", "_").lower().split("_")
    words = [word for word in words if word]
    if len(words) > 1 and words[-1] == "id":
        words[-1] = "number"
    return " ".join(words) or name


def _tool_words(function: dict[str, Any]) -> ToolWording:
    name = plain_words(function["name"])
    if handed := _HANDS_ON.match(name):
        return _handing_on(handed[1], handed[2])
    verb, _, rest = name.partition(" ")
    phrase = _phrase(function.get("description", ""), verb) or _other_phrase(function.get("description", ""), name)
    mine = _OF_SOMEBODY.sub("my", phrase)
    if phrase.split(" ")[0] not in _MAKES:
        mine = re.sub(r"\bmy my\b", "my", _ARTICLE.sub("my", mine, count=1))
    ask = [mine, phrase] if "my " in mine and "'s" not in phrase else [mine]
    for key in function.get("parameters", {}).get("properties", {}):
        thing = plain_words(key).removesuffix(" number")
        if thing != plain_words(key) and rest == thing:
            ask += [
                f"{verb} {thing} {{{key}}}",
                f"{mine} {{{key}}}" if mine.endswith(thing) else f"{mine}, number {{{key}}}",
            ]
    return ToolWording(ask=list(dict.fromkeys(ask)), confirm=_yours(mine), done=f"I have {_done(_yours(mine))}.")


def _handing_on(verb: str, who: str) -> ToolWording:
    """Words for a tool that hands the user over to somebody."""
    who = _indefinite(who)
    passive = f"be {_done(verb)} to {who}"
    begun, over = _done(verb).removesuffix(" over"), " over" if verb.endswith("over") else ""
    ask = [f"talk to {who}", f"speak with {who}", passive]
    return ToolWording(ask=ask, confirm=passive, done=f"I have {begun} you{over} to {who}.")


def _phrase(description: str, verb: str) -> str:
    """The start of a docstring as a verb phrase: the verb and its object, without the clauses behind it."""
    first = description.strip().split("\n")[0]
    words = first.split(" ", 1)
    if len(words) < 2 or not words[0].lower().startswith(verb[:3]):
        return ""
    cut = _REST.search(words[1])
    thing = words[1][: cut.start()] if cut else words[1]
    if thing.startswith(("how", "what", "whether")):
        return ""
    begun = words[0].lower()
    return f"{verb if begun == verb + 's' else begun} {thing.strip()}".strip()


def _other_phrase(description: str, name: str) -> str:
    """A phrase of the tool's name; of its docstring where the name has no verb, such as `opening_hours`."""
    verb, _, rest = name.partition(" ")
    noun = (verb.endswith("s") and not verb.endswith("ss")) or (verb.endswith("ing") and len(verb) > len("bring"))
    if noun or not rest or rest.partition(" ")[0] in _PREPOSITIONS:
        first = description.split(" ", 1)[0].lower()
        base = first[:-1] if first.endswith("s") and not first.endswith("ss") else first
        if base.isalpha() and (phrase := _phrase(description, base)):
            return f"see {phrase.partition(' ')[2]}" if base in _SHOWS else phrase
        return f"see the {name}"
    return f"{verb} {_indefinite(rest)}".strip()


def _yours(phrase: str) -> str:
    """The phrase as the agent says it to the user."""
    return re.sub(r"\bmy\b", "your", phrase)


def _done(phrase: str) -> str:
    """The phrase with its verb as a participle: "cancelled your order"."""
    verb, _, thing = phrase.partition(" ")
    participle = _IRREGULAR.get(verb) or _DOUBLED.get(verb) or _regular(verb)
    return f"{participle} {thing}".strip()


def _indefinite(thing: str) -> str:
    """A thing with its article; plurals have none."""
    if not thing or (thing.endswith("s") and not thing.endswith("ss")):
        return thing
    return f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"


def _regular(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"
