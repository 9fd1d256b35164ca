"""The checks of a proposed blueprint, in order: format, execution, policy. Each failure says what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lamforge.domains import Action, Domain
from lamforge.domains.speech import mentions
from lamforge.errors import bounded
from lamforge.generate.names import leaves
from lamforge.generate.witness import broken_by
from lamforge.tools import validate_arguments

if TYPE_CHECKING:
    from lamforge.generate.kit import Kit
    from lamforge.generate.proposal import Proposal

Stage = Literal["format", "execution", "policy"]


class Problem(NamedTuple):
    """What is wrong with a blueprint."""

    stage: Stage
    kind: str  # a short name, for statistics
    text: str  # what its author is told


async def check(kit: Kit, proposal: Proposal, owner: str | None, data: Any) -> list[Problem]:
    """The problems of the first stage that finds any.

    Args:
        data: What the author was shown of the state.
    """
    return (
        _format(kit, proposal, owner)
        or _execution(kit.domain, proposal, data)
        or [
            Problem("policy", "rule", f"the actions break a rule of the policy: {sentence}")
            for sentence in await broken_by(kit.domain, kit.graph, kit.habits, owner, proposal.actions)
        ]
    )


def difference(domain: Domain, actions: list[Action]) -> list[Any]:
    """What the actions change, as JSON Patch."""
    environment = domain.environment()
    for action in actions:
        environment.execute(action.name, action.arguments)
    return list(environment.diff())


def _format(kit: Kit, proposal: Proposal, owner: str | None) -> list[Problem]:
    found = []
    for place, action in enumerate(proposal.actions):
        tool = kit.domain.tool(action.name)
        if tool is None:
            known = ", ".join(kit.domain.tool_names)
            found.append(Problem("format", "unknown tool", f"{bounded(action.name)} is no tool; tools are: {known}"))
        elif tool.kind == "read":
            found.append(Problem("format", "lookup", f"actions[{place}] {action.name} changes nothing; leave it out"))
        else:
            wrong = validate_arguments(tool.parameters, action.arguments)
            found += [Problem("format", "arguments", f"actions[{place}] {action.name}: {each}") for each in wrong]
    found += [Problem("format", "output", "an output is empty") for output in proposal.outputs if not output.strip()]
    named = [name for name in kit.domain.tool_names if "_" in name and name in proposal.instruction]
    found += [Problem("format", "tool named", f"the instruction names the tool {name}") for name in named]
    if owner is not None and kit.graph.identify:
        ways = [list(kit.graph.facts(tool, names, owner).values()) for tool, names in kit.graph.identify]
        if not any(all(mentions(proposal.instruction, value) for value in way) for way in ways):
            fields = " or ".join(" and ".join(names) for _, names in kit.graph.identify)
            found.append(Problem("format", "identity", f"the instruction does not state the customer's {fields}"))
    return found


def _execution(domain: Domain, proposal: Proposal, data: Any) -> list[Problem]:
    environment = domain.environment()
    results = []
    for place, action in enumerate(proposal.actions):
        before = environment.state_hash()
        call = environment.execute(action.name, action.arguments)
        if not call.ok:
            return [Problem("execution", "refused", f"actions[{place}] {action.name} fails: {call.error}")]
        if environment.state_hash() == before:
            return [Problem("execution", "no change", f"actions[{place}] {action.name} changes nothing")]
        results.append(call.result)
    known = " ".join(str(value) for _, value in leaves([data, results, environment.diff()]))
    return [
        Problem("execution", "invented output", f"the output {bounded(output)} is neither in the data nor in a result")
        for output in proposal.outputs
        if not mentions(known.replace(",", ""), output.replace(",", "").strip().lstrip("$"))
    ]
