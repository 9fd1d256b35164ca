"""tau's environments as domains: the same state, snapshots and diffs, but calls answered as tau answers them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.domains import Call, Domain, Environment, Task, Tool, ToolError, Wording
from lamforge.domains.domain import Header
from lamforge.domains.state import Tables
from lamforge.errors import UsageError, bounded
from lamforge.evaluate.tau.hashing import StateDigest
from lamforge.evaluate.tau.rules import Rules
from lamforge.messages import Message, Verdict

_ERROR = "Error: "
_JUDGED = {"DB", "COMMUNICATE", "NL_ASSERTION"}  # what tau2-bench's rewards may be made of, of what it has


class TauDomain(Domain):
    """One of tau's environments under one rule book.

    Args:
        where: The data it was read from.
        tools: The schemas that the model sees, by name; each has its implementation in the rule book's kit.
        prompt: What the agent is told: the policy, and what the rule book puts around it.
    """

    def __init__(
        self,
        name: str,
        rules: Rules,
        tables: Tables,
        schemas: list[dict[str, Any]],
        prompt: str,
        tasks: list[Task],
        *,
        where: Path,
        digest: str,
    ) -> None:
        tools = []
        for schema in schemas:
            own = rules.kit(name)[schema["function"]["name"]]
            tools.append(Tool(own.name, own.kind, own.function, schema, None))
        header = Header(name=f"tau-{name}", description=f"{name} desk of tau-bench, rules {rules.name}")
        super().__init__(where, header, prompt, tables, tools, [], Wording(), tasks, digest)
        self.book = rules
        self.desk = rules.kits[name].desk if name in rules.kits else None  # None: its tools run elsewhere
        self.state_digest = StateDigest(self.base, rules.name)
        self._expected: dict[str, TauEnvironment] = {}

    def environment_of(self, task: Task) -> TauEnvironment:
        """A fresh environment in the state that a task begins with."""
        return self.environment()

    def verdict(self, messages: list[Message], task: Task, ended: str) -> Verdict:
        """What a conversation is worth; see `lamforge.evaluate.tau.judge`."""
        from lamforge.evaluate.tau.judge import judge

        return judge(messages, task, self)

    def unsatisfiable(self, task: Task) -> str | None:
        """Why no conversation on a task can be rewarded; None if its own actions, with its words as they are, can."""
        from lamforge.evaluate.tau.judge import unsaid_outputs

        if unsaid := unsaid_outputs(task, task.outputs):
            return f"wants {bounded(unsaid[0])} said, but commas are taken out of what was said before it is looked for"
        return None

    def left_to_models(self, tasks: list[Task]) -> int:
        """How many of some tasks have assertions in words, which are taken to be kept.

        Raises:
            UsageError: if one has what can be judged by the official code alone.
        """
        for task in tasks:
            if beyond := set(task.provenance.get("reward_basis", [])) - _JUDGED:
                what = f"task {bounded(task.task_id)} is rewarded by {', '.join(sorted(beyond))}, not judged here"
                remedy = "--adapter tau2 --tau2-dir DIR judges with the official code; --task chooses others."
                raise UsageError(what, where=self.folder, remedy=remedy)
        return sum(
            "NL_ASSERTION" in task.provenance.get("reward_basis", []) and bool(task.provenance.get("nl_assertions"))
            for task in tasks
        )

    def expected_hash(self, task: Task) -> str:
        """The hash of the state that a task's actions lead to; a refused one is no error, as in the original."""
        return self.expected(task).state_hash()

    def expected(self, task: Task) -> TauEnvironment:
        """The environment after a task's actions; whoever acts on it spoils it."""
        if task.task_id not in self._expected:
            environment = self.environment_of(task)
            for action in task.actions:
                if action.name not in self.book.ends:
                    environment.execute(action.name, action.arguments)
            self._expected[task.task_id] = environment
        return self._expected[task.task_id]

    def environment(self) -> TauEnvironment:
        """A fresh environment in the starting state."""
        return TauEnvironment(self)


class TauEnvironment(Environment):
    """Answers every call with a text, as the original does; a failed write keeps what it did before it failed."""

    domain: TauDomain

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """The text that a tool answers with.

        Raises:
            ToolError: if it refuses, whatever the reason.
        """
        done = self.execute(name, arguments)
        if done.error is not None:
            raise ToolError(done.error)
        return done.result

    def execute(self, name: str, arguments: dict[str, Any], position: int = 0) -> Call:
        """Makes a call; its outcome is the text that the agent reads, less the "Error: " of a refusal."""
        tool = self.domain.tool(name)
        text = self.domain.book.unknown_tool.format(name) if tool is None else self._answer(tool, arguments)
        return self.as_call(name, arguments, text, position)

    def as_call(self, name: str, arguments: dict[str, Any], text: str, position: int) -> Call:
        """A call that was answered with a text."""
        tool = self.domain.tool(name)
        kind = "read" if tool is None else tool.kind
        if text.startswith(_ERROR):
            return Call(name, kind, arguments, None, text.removeprefix(_ERROR), position)
        return Call(name, kind, arguments, text, None, position)

    def close(self) -> None:
        """Lets go of what the environment holds outside of this process; here nothing."""

    def official_hash(self) -> str:
        """The hash of the state as the original makes it, for comparison with recorded ones."""
        return self.domain.state_digest.of(self.state)

    def _answer(self, tool: Tool, arguments: dict[str, Any]) -> str:
        assert self.domain.desk is not None
        try:
            text: str = tool.function(self.domain.desk(self.state), **arguments)
        except Exception as error:  # the original passes on whatever goes wrong, and so must we
            text = f"{_ERROR}{error}"
        if tool.kind == "read":
            self.state.discard()
            return text
        try:
            self.state.commit()
        except Exception as error:  # nested too deep to be kept
            self.state.discard()
            return f"{_ERROR}{error}"
        return text
