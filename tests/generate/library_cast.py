"""Answers of a language model that plays every part in the library, as a function of the request alone.

It is told what to play by the prompts, as a real one is; the request's seed decides what a real one's dice would.
"""

from __future__ import annotations

import json
import random
import re
from typing import Any

STOP = "###STOP###"
BRANCHES = ("north", "south", "east")


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """The assistant message for a request to /chat/completions."""
    messages = body["messages"]
    first = messages[0]["content"]
    dice = random.Random(json.dumps([body.get("seed"), messages]))
    if first.startswith("You play a person"):
        return {"content": _person(first, messages)}
    if first.startswith("Somebody plays"):
        return {"content": _answer({"scores": [dice.randint(1, 10) for _ in re.findall("<candidate ", first)]})}
    if first.startswith("You write one task"):
        return {"content": "<thought>Let me see.</thought>" + _task(first, len(messages) > 1, dice)}
    if first.startswith("You review a task"):
        grades = dict.fromkeys(("correctness", "completeness", "satisfaction", "creativity"), 1)
        return {"content": _answer({"reflection": "fine", "correction": "", **grades})}
    if first.startswith("The same customer"):
        return {"content": _answer({"instruction": _joined(first)})}
    if " reviewers did not accept" in first:
        return {"content": _answer({"summary": "Make it better."})}
    return _agent(messages)


def _answer(value: dict[str, Any]) -> str:
    return f"<answer>{json.dumps(value)}</answer>"


def _task(prompt: str, revised: bool, dice: random.Random) -> str:
    data = json.loads(prompt.split("<data>")[1].split("</data>")[0])
    (member,) = data["members"].values()
    known = f"You are {member['name']}. Your card number is {member['card_number']}. "
    loans = [loan for loan in data.get("loans", {}).values() if loan["status"] == "active" and loan["renewals"] < 2]
    if not revised and dice.random() < 0.2:
        wrong = [{"name": "burn_book", "arguments": {}}]
        return _answer({"instruction": known + "You want a fire.", "actions": wrong, "outputs": []})
    if loans and dice.random() < 0.6:
        loan = dice.choice(loans)
        action = {"name": "renew_loan", "arguments": {"loan_id": loan["loan_id"]}}
        wish = f"You want to renew loan {loan['loan_id']}."
    else:
        branch = dice.choice([each for each in BRANCHES if each != member["branch"]])
        action = {"name": "change_branch", "arguments": {"member_id": member["member_id"], "branch": branch}}
        wish = f"You want to pick up at {branch}."
    return _answer({"instruction": known + wish, "actions": [action], "outputs": []})


def _joined(prompt: str) -> str:
    wishes = [wish.strip() for wish in re.findall(r"<wish>(.*?)</wish>", prompt, re.DOTALL)]
    return (
        wishes[0] + " " + " ".join(wish.partition("You want")[1] + wish.partition("You want")[2] for wish in wishes[1:])
    )


def _person(system: str, messages: list[dict[str, Any]]) -> str:
    intent = system.split("<intent>")[1].split("</intent>")[0]
    wishes = re.findall(r"renew loan \w+|pick up at \w+", intent)
    heard = (messages[-1]["content"] or "").lower()
    done = sum("it is done" in (m["content"] or "").lower() for m in messages if m["role"] == "user")
    if "card number" in heard:
        return f"My card is {intent.partition('card number is ')[2].split('.')[0]}."
    if "shall i" in heard:
        return "Yes, please."
    return f"I would like to {wishes[done]}." if done < len(wishes) else STOP


def _agent(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Identifies, asks for a yes, acts, reports; one wish after the other."""
    said = [m["content"] or "" for m in messages if m["role"] == "user"]
    card = re.search(r"\b\d{5}\b", " ".join(said))
    if card is None:
        return {"content": "Please tell me your card number."}
    results = [m for m in messages if m["role"] == "tool"]
    if not results:
        return _call("find_member", {"card_number": card[0]})
    member = json.loads(results[0]["content"])["member_id"]
    wishes = re.findall(r"\b(L\d+)\b|\b(north|south|east)\b", " ".join(said))
    if not wishes:
        return {"content": "What is it about? Is there anything else?"}
    loan, branch = wishes[-1]
    if messages[-1]["role"] == "user" and said[-1].startswith("Yes"):
        return _call(
            *(("renew_loan", {"loan_id": loan}) if loan else ("change_branch", {"member_id": member, "branch": branch}))
        )
    if messages[-1]["role"] == "tool" and len(results) > 1:
        return {"content": "It is done. Is there anything else?"}
    return {"content": f"Shall I renew loan {loan}?" if loan else f"Shall I change your branch to {branch}?"}


def _call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": None, "tool_calls": [{"id": "a", "type": "function", "function": function}]}
