"""Solves a task that a person wrote, as the policy wants it: the scripted teacher plays it, goal by goal.

Nothing is told to it but the user's notes and the task's actions; what it says and does comes from the domain's tools.
"""

from __future__ import annotations

import copy
from typing import Any

from lamforge.domains import Action, Domain, Environment, Task
from lamforge.generate.blueprint import dig
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits, shared_arguments
from lamforge.generate.plan import Plan, Step
from lamforge.generate.playing import broken_rules
from lamforge.generate.teacher import ScriptedAgent
from lamforge.messages import Trajectory
from lamforge.simulate import Goal, Script, ScriptedUser, run_episode, script_of


class Solver:
    """Solves the tasks of one domain."""

    def __init__(self, domain: Domain, habits: Habits, *, held_out: bool = False) -> None:
        self._domain = domain
        self._held_out = held_out
        self._listener = copy.copy(domain)  # the teacher understands what it knows; that is not what is tested
        self._listener.wording = domain.wording.heard_as(domain.held_out_wording)
        self._graph = Graph(domain)
        self._habits = habits

    async def solve(self, task: Task) -> Trajectory:
        """The conversation; goals that a rule forbids are declined with the rule's sentence."""
        script = script_of(task, self._domain)
        plan, environment = self._plan(script), self._domain.environment()
        wanted = list(task.actions)
        for number, goal in enumerate(script.goals):
            step = self._step(goal, script)
            if Action(name=goal.tool, arguments=step.action) == (wanted[0] if wanted else None):
                wanted.pop(0)
                environment.call(goal.tool, step.action)
            elif goal.question is not None:
                step.answer = dig(environment.call(goal.tool, step.action), goal.question)
                assert step.answer is not None, f"{task.task_id}: no {goal.question} in the result of {goal.tool}"
            elif self._possible(environment, step, goal):
                step.refuse = await self._forbidden(task, script, plan, step)
                assert step.refuse, f"{task.task_id}: nothing speaks against {goal.tool}({step.action})"
            plan.steps.append(step)
            assert len(plan.steps) == number + 1
        assert not wanted, f"{task.task_id}: no goal leads to {wanted[0]}"
        return await self._play(task, script, plan)

    def _possible(self, environment: Environment, step: Step, goal: Goal) -> bool:
        """Whether the tool itself would do it; what it did is undone."""
        snapshot = environment.snapshot()
        done = environment.execute(goal.tool, step.action)
        environment.restore(snapshot)
        return done.ok

    def _plan(self, script: Script) -> Plan:
        tool = next((tool for tool, names in self._graph.identify if set(names) == set(script.facts)), None)
        return Plan(identify=tool, ways=[names for _, names in self._graph.identify])

    def _step(self, goal: Goal, script: Script) -> Step:
        tool = self._domain.tool(goal.tool)
        assert tool is not None
        values = {**goal.arguments, **self._owner(script)}
        action = {name: values[name] for name in tool.parameters["properties"] if name in values}
        key = next((name for name in action if name in self._graph.lookup), None)
        if goal.question is not None:
            alone = key if len(action) == 1 else None
            return Step(action=action, lookup=goal.tool if alone else None, lookup_key=alone, confirm=False)
        prepare = shared_arguments(self._domain, self._habits.prepared.get(goal.tool, []), action)
        return Step(action=action, lookup=self._graph.lookup[key] if key else None, lookup_key=key, prepare=prepare)

    def _owner(self, script: Script) -> dict[str, Any]:
        """The owner's id under its name, as the user's facts lead to it."""
        identify = self._plan(script).identify
        key = self._graph.owner_key or ""
        return {key: self._domain.environment().call(identify, script.facts)[key]} if identify else {}

    async def _forbidden(self, task: Task, script: Script, plan: Plan, step: Step) -> str | None:
        """The sentence of a rule that the goal would break."""
        shorter = script.model_copy(update={"goals": script.goals[: len(plan.steps) + 1]})
        longer = plan.model_copy(update={"steps": [*plan.steps, step]})
        return next(iter(broken_rules(self._domain, await self._play(task, shorter, longer))), None)

    async def _play(self, task: Task, script: Script, plan: Plan) -> Trajectory:
        played = task.model_copy(update={"script": script.model_dump()})
        agent = ScriptedAgent(script, plan, self._listener if self._held_out else self._domain)
        user = ScriptedUser(played, self._domain, seed=0, held_out=self._held_out)
        return await run_episode(agent, user, self._domain, played, seed=0)
