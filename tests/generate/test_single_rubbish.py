"""Models that write or judge badly: what they say is rejected, and a run that cannot succeed ends and says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.generate.single_cast import generate, lines, reply, settings, verdict
from tests.stub_openai import StubServer

from lamforge.domains import Domain
from lamforge.errors import GenerationError
from lamforge.generate import Toolbox, generate_single, load_roles
from lamforge.generate.single.judging import REASONS


def judged(words: str) -> Any:
    """The cast with judges who always say the same."""

    def play(body: dict[str, Any]) -> dict[str, Any]:
        return {"content": words} if body["messages"][0]["content"].startswith("You review") else reply(body)

    return play


@pytest.mark.parametrize("rubbish", ["I cannot help with that.", "<answer>{}</answer>", "<answer>[]</answer>"])
def test_a_generator_that_returns_rubbish_ends_the_run(library: Domain, tmp_path: Path, rubbish: str) -> None:
    unreadable = pytest.raises(GenerationError, match="format: unreadable")
    with StubServer(lambda body: {"content": rubbish}) as server, unreadable:
        generate(library, tmp_path / "run", server)
    rejected = lines(tmp_path / "run" / "rejected.jsonl")
    assert rejected[0]["entries"] == 5  # a batch that cannot be read is five items that failed


def test_a_generator_whose_entries_have_no_shape_ends_the_run(library: Domain, tmp_path: Path) -> None:
    shapeless = StubServer(lambda body: {"content": '<answer>["a", "b"]</answer>'})
    with shapeless as server, pytest.raises(GenerationError, match="format: shape"):
        generate(library, tmp_path / "run", server)


def call(name: str, loan: str) -> str:
    """An answer with one call, whose argument is written as it stands."""
    return f'<answer>[{{"query": "x", "answers": [{{"name": "{name}", "arguments": {{"loan_id": {loan}}}}}]}}]</answer>'


HOSTILE = [
    '<answer>[{"query": "\\ud800", "answers": []}]</answer>',
    call("renew_loan", "1e999"),
    call("renew_loan", "NaN"),
    call("renew_loan", "9" * 400),
    call("get_loan", '"' + "a " * 50_000 + '"'),
    call("get_loan", '"{{ 7 * 7 }} {do} \\ue0000\\ue001"'),
    "<answer>" + "[" * 5000 + "</answer>",
    "\ud800",
]


def test_hostile_answers_are_rejected_and_the_others_kept(library: Domain, tmp_path: Path) -> None:
    def sometimes(body: dict[str, Any]) -> dict[str, Any]:
        drawn = body.get("seed", 0) % 16
        hostile = drawn < len(HOSTILE) and body["messages"][0]["content"].startswith("You write")
        return {"content": HOSTILE[drawn]} if hostile else reply(body)

    with StubServer(sometimes) as server:
        made = generate(library, tmp_path / "run", server, items=100)
    assert made.items >= 40
    assert made.rejected["format: unreadable"] >= 5
    assert lines(tmp_path / "run" / "rejected.jsonl")


def test_judges_that_return_rubbish_reject_everything_and_the_run_ends(library: Domain, tmp_path: Path) -> None:
    unreadable = pytest.raises(GenerationError, match="semantic: unreadable")
    with StubServer(judged("Looks good to me!")) as server, unreadable:
        generate(library, tmp_path / "run", server)
    assert not lines(tmp_path / "run" / "items.jsonl")


def test_a_minority_of_bad_judges_is_outvoted(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as good, StubServer(lambda body: {"content": "rubbish"}) as bad:
        judges = json.dumps([{"engine": good.url}, {"engine": bad.url}, {"engine": good.url}])
        roles = load_roles(None, [*settings(good.url), f"judges={judges}"])
        made = generate_single(Toolbox([], library), tmp_path / "run", items=30, seed=1, roles=roles)
    assert made.items >= 25
    assert lines(tmp_path / "run" / "items.jsonl")[0]["provenance"]["checks"]["semantic"] == "2 of 3 judges"


@pytest.mark.parametrize("reason", [*REASONS, "because"])
def test_a_judges_reason_is_counted(library: Domain, tmp_path: Path, reason: str) -> None:
    kind = REASONS.get(reason, "other")
    with StubServer(judged(verdict("no", reason))) as server, pytest.raises(GenerationError, match=kind):
        generate(library, tmp_path / "run", server, items=10)
    rejected = lines(tmp_path / "run" / "rejected.jsonl")
    assert f"semantic: {kind}" in {each["reason"] for each in rejected}
