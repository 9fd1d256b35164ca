"""Whole evaluations of our own release: modes, resuming, broken engines, files."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import lamforge.evaluate.queue as queue_module
from lamforge.engines import ContextError, ScriptedModel
from lamforge.errors import EngineError, IncompleteError, SchemaError, UsageError
from lamforge.evaluate import Options
from lamforge.evaluate.bfcl import (
    BfclSummary,
    ChatAsker,
    CompletionsAsker,
    Release,
    evaluate_bfcl,
    load_tasks,
    parse_suite,
    score_results,
)
from lamforge.evaluate.bfcl.against.perfect import as_answer, perfect_calls
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.part import Part
from lamforge.formats import get_format
from lamforge.journal import read_journal
from lamforge.messages import Function, Message, ToolCall

SUITE = parse_suite("v3")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "RETRY_AFTER", 0.0)


@pytest.fixture
def knows(release: Release) -> Callable[[str, int], Any]:
    """The right calls of a question, by what the user said last and how many answers came since: [] when done."""
    steps: dict[str, list[list[dict[str, Any]]]] = {}
    classes = load_classes(release)
    for category in SUITE.categories:
        for task in load_tasks(release, SUITE, category):
            for asked, turn in zip(task.question, perfect_calls(task, classes), strict=True):
                said = asked[-1]["content"] if asked else "I have updated"
                missing = category == "multi_turn_miss_func" and said.startswith("Open")
                steps[f"{said}{len(task.question) if missing else ''}"] = turn
                if not asked:
                    steps["I have updated"] = turn
    return lambda said, n: steps.get(said, [[]])[n:][:1] or [[]]


class Clever:
    """Answers in text or calls, always right. It speaks as engines do."""

    name = "clever"
    notes: tuple[str, ...] = ()
    slots = 2
    format = get_format("xlam-qwen/hf")

    def __init__(self, knows: Callable[[str, int], Any]) -> None:
        self._knows = knows
        self.prompts: list[str] = []

    def _calls(self, messages: list[Message], tools: list[str]) -> list[dict[str, Any]]:
        last = max(place for place, message in enumerate(messages) if message.role == "user")
        said = messages[last].content or ""
        if "I have updated" in said:
            said = "I have updated"
        elif said.startswith("Open") and "open_ticket" not in tools:
            return []
        since = sum(message.role == "assistant" for message in messages[last:])
        (step,) = self._knows(said, since)
        return list(step)

    def chat(self, messages: list[Message], tools: Any = None, **options: Any) -> AsyncIterator[dict[str, Any]]:
        names = [tool["function"]["name"] for tool in tools or ()]
        calls = [
            ToolCall(function=Function(name=call["name"].replace(".", "_"), arguments=call["arguments"]))
            for call in self._calls(messages, names)
        ]
        message = Message(role="assistant", content=None if calls else "Done.", tool_calls=calls or None)
        return ScriptedModel(lambda *_: message).chat(messages, tools=tools)

    async def continued(self, prompt: str, options: Any) -> AsyncIterator[dict[str, Any]]:
        self.prompts.append(prompt)
        turns = [turn.partition("\n") for turn in prompt.split("<|im_start|>")[2:-1]]
        messages = [Message(role=role, content=text.removesuffix("<|im_end|>")) for role, _, text in turns]
        calls = self._calls(messages, [name for name in ("open_ticket",) if f'"name": "{name}"' in prompt])
        yield {"content": json.dumps(calls) if calls else "Done."}
        yield {"finish_reason": "stop", "usage": {"prompt_tokens": len(prompt), "completion_tokens": 1}}

    def describe(self) -> dict[str, Any]:
        return {}


def run(
    release: Release,
    asker: Any,
    out: Path,
    *,
    categories: list[str] | None = None,
    limit: int | None = None,
    **options: Any,
) -> BfclSummary:
    chosen = Options("m/1", out, **options)
    return asyncio.run(evaluate_bfcl(release, SUITE, asker, chosen, categories=categories, limit=limit))


@pytest.mark.parametrize("make", [ChatAsker, CompletionsAsker])
def test_a_model_that_knows_everything_scores_everything_in_both_modes(
    make: Any, release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    summary = run(release, make(Clever(knows)), tmp_path)
    wrong = {category: kinds for category, kinds in summary.errors.items() if category != "java"}
    assert wrong == {}  # java: quotes, see the verdicts
    assert summary.complete and summary.mode == make.mode
    assert summary.sound["Overall"]["Overall Acc"] == "100.00%"
    assert json.loads((tmp_path / "summary.json").read_text())["complete"] is True
    assert "BFCL v3" in (tmp_path / "report.html").read_text()


def test_results_are_written_so_that_they_can_be_scored_again(
    release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    summary = run(release, CompletionsAsker(Clever(knows)), tmp_path)
    assert (tmp_path / "result" / "m_1" / "BFCL_v3_simple_result.json").exists()
    again = score_results(release, SUITE, tmp_path / "result", "text")
    assert again.official == summary.official
    run(release, CompletionsAsker(Clever(knows)), tmp_path, categories=["java"])
    assert [file.name for file in (tmp_path / "result").rglob("*.json")] == ["BFCL_v3_java_result.json"]


class Failing(Clever):
    """Breaks for tasks whose text holds a word; counts how often it is asked."""

    def __init__(self, knows: Callable[[str, int], Any], word: str, error: Exception) -> None:
        super().__init__(knows)
        self.word, self.error, self.asked = word, error, 0

    def chat(self, messages: list[Message], tools: Any = None, **options: Any) -> AsyncIterator[dict[str, Any]]:
        self.asked += 1
        if self.word in (messages[-1].content or ""):
            raise self.error
        return super().chat(messages, tools, **options)


def test_what_the_engine_breaks_is_listed_and_tried_again_and_never_scored(
    release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    model = Failing(knows, "irrelevance", EngineError("gone"))
    summary = run(release, ChatAsker(model), tmp_path)
    assert [broken.error for broken in summary.broken] == ["gone"] * 3
    assert not summary.complete and summary.intervals == summary.sound_intervals == {}
    assert (summary.counts["irrelevance"], summary.counts["live_irrelevance"]) == ((0, 1), (0, 2))
    assert summary.missing == {"irrelevance": 1, "live_irrelevance": 2}
    assert summary.official["Non-Live"]["Irrelevance Detection"] == "0.00–100.00%"
    assert summary.official["Non-Live"]["Multiple AST"] == "100.00%"
    assert summary.official["Live"]["Live Overall Acc"] == "71.43–100.00%"
    page = (tmp_path / "report.md").read_text()
    assert "INCOMPLETE" in page and "| Overall Acc | " in page
    with pytest.raises(IncompleteError):
        summary.require_complete()
    model.word, before = "nowhere", model.asked
    summary = run(release, ChatAsker(model), tmp_path, retry_errors=True)
    assert summary.complete and model.asked - before == 3


def test_more_trials_and_categories_are_added_to_a_run(
    release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    model = Failing(knows, "nowhere", EngineError("gone"))
    run(release, ChatAsker(model), tmp_path, categories=["simple"])
    assert model.asked == 2
    summary = run(release, ChatAsker(model), tmp_path, categories=["simple", "irrelevance"], trials=3)
    assert model.asked == 3 * 3
    assert [estimate.value for estimate in summary.reliability] == [1.0, 1.0, 1.0]
    assert summary.not_run and summary.official["Overall"]["Live Simple AST"] == "N/A"
    assert summary.interval("Overall Acc") is None and "Irrelevance Detection" in summary.intervals["Non-Live"]


def test_a_folder_belongs_to_one_way_of_asking(
    release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    run(release, ChatAsker(Clever(knows)), tmp_path, categories=["simple"])
    with pytest.raises(UsageError, match="mode"):
        run(release, CompletionsAsker(Clever(knows)), tmp_path, categories=["simple"])


@pytest.mark.parametrize("error", [ContextError("too long"), SchemaError("no grammar keeps it")])
def test_what_does_not_fit_or_no_grammar_keeps_ends_its_task_alone(
    error: Exception, release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    summary = run(release, ChatAsker(Failing(knows, "irrelevance", error)), tmp_path)
    assert summary.complete
    assert summary.counts["irrelevance"] == (1, 1)  # officially an error's text is no call
    assert summary.sound_counts["irrelevance"] == (0, 1)


def test_a_model_that_never_stops_calling_is_stopped(release: Release, tmp_path: Path) -> None:
    call = ToolCall(function=Function(name="list_tickets", arguments={}))
    model = ScriptedModel(lambda *_: Message(role="assistant", tool_calls=[call]))
    summary = run(release, ChatAsker(model), tmp_path, categories=["multi_turn_base"])
    assert summary.errors == {"multi_turn_base": {"multi_turn:force_terminated": 1}}
    (row,) = read_journal(tmp_path / "rows.jsonl")
    record = row["record"]
    assert record["ended"] == "steps" and len(record["answer"][0]) == 21


def test_the_prompt_is_that_of_the_leaderboards_handler(
    release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    model = Clever(knows)
    run(release, CompletionsAsker(model), tmp_path, categories=["multi_turn_miss_func"])
    assert model.prompts[0].startswith("<|im_start|>system\nYou are a helpful assistant that can use tools.")
    assert "Note that the provided function is in Python 3 syntax." in model.prompts[0]
    announced = next(prompt for prompt in model.prompts if "I have updated" in prompt)
    assert "<|im_start|>user\n[{'name': 'open_ticket', 'description': '.'," in announced


def test_answers_of_others_may_be_incomplete(release: Release, tmp_path: Path) -> None:
    classes = load_classes(release)
    first = load_tasks(release, SUITE, "simple")[0]
    answer = as_answer(first, perfect_calls(first, classes), "calls")
    (tmp_path / "BFCL_v3_simple_result.json").write_text(json.dumps({"id": first.id, "result": answer}) + "\n")
    summary = score_results(release, SUITE, tmp_path, "calls")
    assert summary.counts == {"simple": (1, 2)} and not summary.complete
    assert summary.official["Overall"]["Live Acc"] == "N/A" and "Live Acc" not in dict(summary.rows())
    assert summary.official["Non-Live"]["Python Simple AST"] == "50.00–100.00%"
    assert [broken.task_id for broken in summary.broken] == ["simple_1"]


def test_a_part_of_a_category_is_no_score_of_the_suite(
    release: Release, knows: Callable[[str, int], Any], tmp_path: Path
) -> None:
    summary = run(release, ChatAsker(Clever(knows)), tmp_path, limit=1)
    assert summary.part == Part(17, 19, "at most 1 of each category")
    assert summary.complete
    assert dict(summary.rows())["PART"].startswith("only 17 of 19 tasks")
    assert "17 of 19 tasks" in (tmp_path / "report.md").read_text().splitlines()[0]
    summary = run(release, ChatAsker(Clever(knows)), tmp_path, categories=["simple", "java"])
    assert summary.part == Part(3, 19, "2 of 17 categories")


_SCRIPT = """
import asyncio, sys, time
from pathlib import Path
from lamforge.engines import ScriptedModel
from lamforge.evaluate import Options
from lamforge.evaluate.bfcl import ChatAsker, Release, evaluate_bfcl, parse_suite
from lamforge.messages import Message

def reply(messages, tools):
    time.sleep(float(sys.argv[3]))
    print("asked", flush=True)
    return Message(role="assistant", content="No.")

asker = ChatAsker(ScriptedModel(reply))
asyncio.run(evaluate_bfcl(Release(Path(sys.argv[1])), parse_suite("v3"), asker, Options("m", Path(sys.argv[2]))))
"""


def test_after_kill_9_the_same_call_asks_only_what_is_missing(release: Release, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SCRIPT, str(release.path), str(tmp_path)]
    with subprocess.Popen([*command, "0.05"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(12):
            process.stdout.readline()
        process.kill()
    kept = {record["task_id"] for record in read_journal(tmp_path / "rows.jsonl")}
    again = subprocess.run([*command, "0"], capture_output=True, text=True, check=True)
    summary = json.loads((tmp_path / "summary.json").read_text())
    rows = list(read_journal(tmp_path / "rows.jsonl"))
    added = [row for row in rows if row["task_id"] not in kept]
    assert kept and added and summary["complete"]
    assert len(rows) == len({row["task_id"] for row in rows}) == summary["tasks"]
    assert again.stdout.count("asked") == sum(len(row["reply_seconds"]) for row in added)
