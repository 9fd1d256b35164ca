"""One task played with a model: a question, or a conversation in which its calls are carried out. No verdicts here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lamforge.engines import ContextError
from lamforge.errors import SchemaError
from lamforge.evaluate.bfcl.asking import Asker, Reply
from lamforge.evaluate.bfcl.backends import BackEnds
from lamforge.evaluate.bfcl.functions import hinted
from lamforge.evaluate.bfcl.multi_turn import fresh_back_ends
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.scores import median_and_p95

_MOST_STEPS = 20  # of a turn; one more ends the conversation, and the task is failed


@dataclass
class Played:
    """What a model did with a task; `answer` is what verdicts are given on.

    `ended` is "answered", "context" where the conversation no longer fit, "schema" where no grammar keeps a tool's
    schema, or "steps" where a turn never ended.
    """

    answer: Any
    ended: str = "answered"
    seconds: list[float] = field(default_factory=list)  # of each answer
    prompt_tokens: int = 0
    completion_tokens: int = 0
    problems: list[str] = field(default_factory=list)  # why texts that look like calls are none
    results: list[list[list[str]]] = field(default_factory=list)  # of each step of each turn

    def note(self, reply: Reply) -> None:
        """Counts an answer."""
        self.seconds.append(round(reply.seconds, 6))
        self.prompt_tokens += reply.usage.get("prompt_tokens", 0)
        self.completion_tokens += reply.usage.get("completion_tokens", 0)
        if reply.problem:
            self.problems.append(reply.problem[:300])

    def as_record(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


async def play(task: BfclTask, asker: Asker, classes: dict[str, type], seed: int = 0) -> Played:
    """Asks a model what the task asks; `seed` is that of the sampling.

    Raises:
        EngineError: if the engine fails; a conversation that does not fit is the model's matter and ends it, and
            so does a schema that no grammar keeps.
    """
    if task.classes:
        return await _play_turns(task, asker, classes, seed)
    played = Played(None)
    try:
        reply = await asker.ask(list(task.question[0]), hinted(task.functions, task.category), seed)
    except (ContextError, SchemaError) as error:
        return _failed(played, error)
    played.note(reply)
    played.answer = reply.kept
    return played


async def _play_turns(task: BfclTask, asker: Asker, classes: dict[str, type], seed: int) -> Played:
    backs = fresh_back_ends(task, classes, owner="lamforge_")
    functions = hinted(task.functions, task.category)
    messages: list[dict[str, Any]] = []
    played = Played([])
    for turn, asked in enumerate(task.question):
        if turn in task.later:
            if asker.mode == "chat":
                functions = functions + hinted(task.later[turn], task.category)
            asked = [{"role": "user", "content": asker.announcement(task.later[turn])}]
        messages += asked
        try:
            if not await _play_turn(messages, functions, asker, backs, played, seed):
                break
        except (ContextError, SchemaError) as error:
            return _failed(played, error)
    return played


async def _play_turn(
    messages: list[dict[str, Any]],
    functions: list[dict[str, Any]],
    asker: Asker,
    backs: BackEnds,
    played: Played,
    seed: int,
) -> bool:
    """Plays until the model makes no call; False if it never stops."""
    played.answer.append([])
    played.results.append([])
    for _ in range(_MOST_STEPS + 1):
        reply = await asker.ask(messages, functions, seed)
        played.note(reply)
        played.answer[-1].append(reply.kept)
        messages += reply.messages
        if not reply.calls:
            return True
        results = [backs.run(call) for call in reply.calls]
        played.results[-1].append(results)
        messages += asker.results(reply, results)
    played.ended = "steps"
    return False


def _failed(played: Played, error: ContextError | SchemaError) -> Played:
    """As officially: the whole answer is the error's text, which is right only where nothing should be called."""
    played.answer = f"Error during inference: {str(error)[:300]}"
    played.ended = "schema" if isinstance(error, SchemaError) else "context"
    return played


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """Median and p95; empty of nothing."""
    each = list(seconds)
    return median_and_p95(each) if each else {}


def tokens_of(played: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Mean tokens read and written and answers of a task, over records of `Played`; empty if there are none."""
    if not played:
        return {}
    totals = {
        "prompt": sum(each["prompt_tokens"] for each in played),
        "completion": sum(each["completion_tokens"] for each in played),
        "answers": sum(len(each["seconds"]) for each in played),
    }
    return {name: total / len(played) for name, total in totals.items()}
