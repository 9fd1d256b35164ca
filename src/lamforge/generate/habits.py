"""What a domain's policy wants of an agent, learned by trying: identify the customer, ask to confirm, quote a price?

The rules are run over conversations played with and without each step. The habit is the least that breaks no rule which
the most careful way keeps: what is forbidden however one goes about it says nothing of the way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from lamforge.domains import Action, Domain
from lamforge.errors import GenerationError, ServerError
from lamforge.generate.arguments import ArgumentSampler, NoSource
from lamforge.generate.blueprint import Draft, answerable
from lamforge.generate.graph import Graph
from lamforge.generate.plan import Plan, Step
from lamforge.generate.playing import broken_rules, play
from lamforge.messages import derived_seed
from lamforge.simulate import Goal, Script

_SAMPLES = 3  # successful calls of each tool that the habits are learned from
_DRAWS = 200  # draws to find them
_FLAGS = ((False, False), (True, False), (False, True), (True, True))  # (identify, confirm), least first


@dataclass
class Habits:
    """What was learned."""

    writes: list[str] = field(default_factory=list)  # write tools whose arguments can be fed
    questions: list[tuple[str, str]] = field(default_factory=list)  # (read tool, field of its result) to ask about
    identified: set[str] = field(default_factory=set)  # tools that need the customer identified first
    confirmed: set[str] = field(default_factory=set)  # write tools that need a confirmation
    prepared: dict[str, list[str]] = field(default_factory=dict)  # write tool -> read tools to call before it is asked
    unused: dict[str, str] = field(default_factory=dict)  # tool -> why no task can use it

    def identify(self, tool: str) -> bool:
        """Whether the customer must be identified before the tool is used."""
        return tool in self.identified

    def confirm(self, tool: str) -> bool:
        """Whether the user must agree before the tool is used."""
        return tool in self.confirmed


async def learn_habits(domain: Domain, graph: Graph) -> Habits:
    """Tries the domain's tools and rules.

    Raises:
        GenerationError: if no tool of the domain can be used for a task.
    """
    habits = Habits()
    for name in domain.tool_names:
        tool = domain.tool(name)
        assert tool is not None
        if name in domain.unusable:
            habits.unused[name] = domain.unusable[name]
            continue
        rng = random.Random(derived_seed("habits", domain.digest, name))
        try:
            drafts = _drafts(name, domain, graph, rng)
        except NoSource as error:
            habits.unused[name] = f"no field of the state feeds its argument {str(error)!r}"
            continue
        except ServerError as error:
            habits.unused[name] = f"its server {error.what}"
            continue
        if not drafts:
            habits.unused[name] = f"{_DRAWS} draws from the state gave no successful call"
            continue
        if tool.kind == "read":
            habits.questions += _questions(name, drafts, domain)
        else:
            habits.writes.append(name)
        await _learn(name, drafts, domain, graph, habits)
    if not habits.writes and not habits.questions:
        reasons = "; ".join(f"{tool}: {reason}" for tool, reason in habits.unused.items())
        raise GenerationError(
            f"no task can be made of this domain's tools ({reasons})",
            where=domain.folder,
            remedy="Name arguments after the state's fields (`order_id` for orders, `new_zip` for another `zip`).",
        )
    return habits


def _drafts(name: str, domain: Domain, graph: Graph, rng: random.Random) -> list[Draft]:
    """Single-goal drafts of successful calls of a tool by different owners of the training split."""
    drafts: list[Draft] = []
    owners = graph.owners("train")
    tool = domain.tool(name)
    assert tool is not None
    for _ in range(_DRAWS):
        owner = rng.choice(owners) if owners else None
        action = ArgumentSampler(graph, owner, owners, rng).sample(name)
        environment = domain.environment()
        call = environment.execute(name, action)
        if not call.ok:
            continue
        facts, identify = {}, None
        if owner is not None and graph.identify:
            identify, names = graph.identify[0]
            facts = graph.facts(identify, names, owner)
        known = {n: v for n, v in action.items() if n not in graph.secrets}
        key = next((n for n in action if n in graph.lookup), None) if tool.kind == "write" else None
        lookup = graph.lookup[key] if key else None
        goal = Goal(tool=name, arguments=known, question="" if tool.kind == "read" else None)
        step = Step(action=action, lookup=lookup, lookup_key=key, answer="")
        actions = [Action(name=name, arguments=action)] if tool.kind == "write" else []
        plan = Plan(identify=identify, ways=[names for _, names in graph.identify], steps=[step])
        drafts.append(Draft(owner, "action", Script(facts=facts, goals=[goal]), plan, actions))
        if len(drafts) == _SAMPLES:
            break
    return drafts


async def _learn(name: str, drafts: list[Draft], domain: Domain, graph: Graph, habits: Habits) -> None:
    async def broken(identify: bool, confirm: bool, prepare: list[str]) -> list[set[str]]:
        """The rules that each draft breaks when it is played so."""
        trials = [_played_with(draft, domain, identify, confirm, prepare) for draft in drafts]
        return [set(broken_rules(domain, await play(trial, domain))) for trial in trials]

    helpers = _helpers(name, drafts, domain, graph) if name in habits.writes else []
    careful = await broken(True, True, helpers)
    prepare: list[str] = []
    for prepare in ([], *([helper] for helper in helpers), helpers):
        if _at_most(await broken(True, True, prepare), careful):
            break
    for identify, confirm in _FLAGS:
        if _at_most(await broken(identify, confirm, prepare), careful):
            break
    if identify or any(graph.secrets & draft.plan.steps[0].action.keys() for draft in drafts):
        habits.identified.add(name)
    if confirm and name in habits.writes:
        habits.confirmed.add(name)
    if prepare:
        habits.prepared[name] = prepare


def _at_most(broken: list[set[str]], others: list[set[str]]) -> bool:
    return all(here <= there for here, there in zip(broken, others, strict=True))


def _played_with(draft: Draft, domain: Domain, identify: bool, confirm: bool, prepare: list[str]) -> Draft:
    """The draft, played in one way."""
    step = draft.plan.steps[0]
    step = step.model_copy(update={"confirm": confirm, "prepare": shared_arguments(domain, prepare, step.action)})
    who = draft.plan.identify if identify else None
    plan = draft.plan.model_copy(update={"identify": who, "steps": [step]})
    return Draft(draft.owner, draft.shape, draft.script, plan, draft.actions)


def _helpers(name: str, drafts: list[Draft], domain: Domain, graph: Graph) -> list[str]:
    """Read tools that take nothing but what the write tool takes and find no fault with it, such as a quote."""
    known = {tool for tool, _ in graph.identify} | {draft.plan.steps[0].lookup for draft in drafts}
    actions = [draft.plan.steps[0].action for draft in drafts]
    found = []
    for other in domain.tool_names:
        tool = domain.tool(other)
        assert tool is not None
        required = tool.parameters.get("required", [])
        if tool.kind == "read" and other not in known and required and all(set(required) <= set(a) for a in actions):
            shared = [{n: a[n] for n in shared_arguments(domain, [other], a)[other]} for a in actions]
            if all(domain.environment().execute(other, arguments).ok for arguments in shared):
                found.append(other)
    return found


def shared_arguments(domain: Domain, tools: list[str], action: dict[str, Any]) -> dict[str, list[str]]:
    """For each tool, which of a call's arguments it takes, too."""
    declared = {name: domain.tool(name) for name in tools}
    return {name: [a for a in tool.parameters["properties"] if a in action] for name, tool in declared.items() if tool}


def _questions(name: str, drafts: list[Draft], domain: Domain) -> list[tuple[str, str]]:
    """The fields of a read tool's result to ask about: those with wording, else every scalar at the top."""
    if domain.wording.questions:
        return [(name, path) for path in domain.wording.questions.get(name, {})]
    found: dict[str, None] = {}
    for draft in drafts:
        result = domain.environment().execute(name, draft.plan.steps[0].action).result
        if isinstance(result, dict):
            told = {**draft.plan.steps[0].action, **draft.script.facts}
            news = {field: value for field, value in result.items() if field not in told and value not in told.values()}
            found.update({field: None for field, value in news.items() if answerable(value)})
    return [(name, path) for path in found]
