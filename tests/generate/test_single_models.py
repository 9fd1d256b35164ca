"""`generate single` with models that write and judge, against a real HTTP server that plays them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.generate.single_cast import generate, lines, reply
from tests.stub_openai import StubServer

from lamforge.domains import Domain
from lamforge.generate import Toolbox, generate_single, load_roles
from lamforge.journal import read_journal


def test_what_models_write_is_checked_executed_and_judged(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        made = generate(library, tmp_path / "run", server)
    items = lines(tmp_path / "run" / "items.jsonl")
    assert made.items == len(items) == made.judged
    assert 110 <= made.items <= 120
    assert set(made.table) == {*(item["style"] for item in items), "all"}
    provenance = items[0]["provenance"]
    assert provenance["generator"] == "model"
    assert provenance["checks"]["semantic"] == "3 of 3 judges"
    assert provenance["models"]["generator"]["name"] == "stub"
    assert set(provenance["prompts"]) == {"generator", "judge"}
    with_calls = [item for item in items if item["answers"]]
    assert made.executed == len(with_calls)
    assert all(item["provenance"]["checks"]["execution"] == "passed" for item in with_calls)
    rejected = lines(tmp_path / "run" / "rejected.jsonl")
    assert {each["reason"] for each in rejected} >= {"format: unknown function", "format: unknown argument"}
    assert all(each["stage"] and each["kind"] and each["detail"] for each in rejected)
    row = made.table["all"]
    assert row["verified"] == made.items
    assert row["format"] + row["execution"] + row["semantic"] + row["duplicate"] == len(rejected)
    assert row["pass_rate"] == pytest.approx(made.items / (made.items + len(rejected)), abs=1e-4)


def test_what_passed_is_shown_to_the_generator_in_later_rounds_of_its_strand(library: Domain, tmp_path: Path) -> None:
    shown: list[tuple[str, list[str]]] = []  # a prompt, and the queries of rounds that were complete when it came

    def listening(body: dict[str, Any]) -> dict[str, Any]:
        if (prompt := body["messages"][0]["content"]).startswith("You write"):
            records = read_journal(tmp_path / "run" / "journal.jsonl")
            shown.append((prompt, [each["item"]["query"] for record in records for each in record["items"]]))
        return reply(body)

    with StubServer(listening) as server:
        generate(library, tmp_path / "run", server, items=50)
    queries = [item["query"] for item in lines(tmp_path / "run" / "items.jsonl")]
    used = [[query for query in queries if query in prompt] for prompt, _ in shown]
    assert any(used)
    assert all(set(mine) <= set(known) for mine, (_, known) in zip(used, shown, strict=True))
    assert max(map(len, used)) <= 3


def test_without_judges_the_checks_alone_judge_and_it_is_said_so(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        made = generate(library, tmp_path / "run", server, items=20, further={"judges": 0})
    assert made.judged == 0
    item = lines(tmp_path / "run" / "items.jsonl")[0]
    assert item["provenance"]["checks"]["semantic"] == "deterministic"


def test_judges_may_read_what_the_scripted_generator_wrote(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        judges = f'judges=[{{"engine": "{server.url}"}}]'
        made = generate_single(
            Toolbox([], library), tmp_path / "run", items=30, seed=1, roles=load_roles(None, [judges])
        )
    assert made.judged == made.items == 30
    provenance = lines(tmp_path / "run" / "items.jsonl")[0]["provenance"]
    assert provenance["generator"] == "scripted"
    assert "generator" not in provenance["models"]


def test_own_prompts_go_before_the_packages(library: Domain, tmp_path: Path) -> None:
    (tmp_path / "prompts" / "single").mkdir(parents=True)
    (tmp_path / "prompts" / "single" / "judge.md").write_text("You review what I say: {{ query }}")
    with StubServer(reply) as server:
        further = {"prompts": tmp_path / "prompts"}
        made = generate(library, tmp_path / "run", server, items=10, further=further)
        generate(library, tmp_path / "other", server, items=10)
    hashes = [lines(tmp_path / name / "items.jsonl")[0]["provenance"]["prompts"] for name in ("run", "other")]
    assert made.items == 10
    assert hashes[0]["generator"] == hashes[1]["generator"]
    assert hashes[0]["judge"] != hashes[1]["judge"]
