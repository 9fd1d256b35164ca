"""From a pair that passed to what is kept of it: the item, and the conversation that a model is trained on."""

from __future__ import annotations

from typing import Any

from lamforge.generate.cast import Cast
from lamforge.generate.single.checks import Examined, absent_arguments
from lamforge.generate.single.judging import Opinion
from lamforge.generate.single.records import NO_CALL, Assignment, Pair
from lamforge.generate.single.toolbox import Toolbox
from lamforge.messages import Function, Message, ToolCall, Trajectory, Verdict, content_id
from lamforge.tools import wrapped

Item = dict[str, Any]


def item_of(
    toolbox: Toolbox, cast: Cast, assignment: Assignment, found: Examined, opinions: list[Opinion], made: dict[str, Any]
) -> Item:
    """{id, query, tools, answers, style, provenance}, with the reply of a style that makes no call.

    Args:
        made: How it came about: seed, strand, round.
    """
    pair = found.pair
    assert pair is not None
    silent = assignment.style in NO_CALL
    tools = [toolbox.described(name) for name in assignment.offered]
    answers = [] if silent else [answer.model_dump() for answer in pair.answers]
    content = {"query": pair.query, "tools": tools, "answers": answers, "style": assignment.style}
    item: Item = {"id": content_id(content, pair.reply), **content}
    if silent:
        item["reply"] = pair.reply
    return {**item, "provenance": {**made, **_provenance(toolbox, cast, assignment, found, pair, opinions)}}


def _provenance(
    toolbox: Toolbox, cast: Cast, assignment: Assignment, found: Examined, pair: Pair, opinions: list[Opinion]
) -> dict[str, Any]:
    scripted = cast.roles.generator.scripted
    told: dict[str, Any] = {"generator": "scripted" if scripted else "model", "manner": assignment.manner}
    meaning = f"{sum(each.passed for each in opinions)} of {len(opinions)} judges" if opinions else "deterministic"
    executed = found.execution.outcome if assignment.style not in NO_CALL else "nothing to execute"
    told["checks"] = {"format": "passed", "execution": executed, "semantic": meaning}
    told["sources"] = found.sources
    if assignment.style == "irrelevance":
        told["withheld"] = [answer.model_dump() for answer in pair.answers]
    if assignment.style == "missing_argument":
        told |= {"partly": pair.answers[0].model_dump(), "absent": absent_arguments(toolbox, pair)}
    if opinions:
        told["judges"] = [each.model_dump() for each in opinions]
    return {**told, **cast.describe()} if cast.clients else told


def trajectory_of(
    toolbox: Toolbox, cast: Cast, item: Item, found: Examined, system: str | None, seed: int
) -> Trajectory:
    """The item as a conversation of one turn; results of its calls are no part of it."""
    author = "scripted" if cast.roles.generator.scripted else cast.clients["generator"].model.name
    calls = [
        ToolCall(id=f"call_{number}", function=Function(name=each["name"], arguments=each["arguments"]))
        for number, each in enumerate(item["answers"])
    ]
    messages = [Message(role="system", content=system)] if system is not None else []
    messages.append(Message(role="user", content=item["query"]))
    messages.append(Message(role="assistant", content=item.get("reply"), tool_calls=calls or None))
    executed = True if calls and found.execution.outcome == "passed" else None
    return Trajectory(
        trajectory_id=content_id(item["id"], system),
        task_id=item["id"],
        domain=toolbox.name,
        messages=messages,
        tools=[wrapped(tool) for tool in item["tools"]],
        reward=1,
        verdict=Verdict(format=True, execution=executed, policy=None, state=None, outputs=None),
        state_diff=found.execution.diff if calls else [],
        agent=author,
        user=author,
        seed=seed,
        ended="stop",
    )
