from __future__ import annotations

import json
from pathlib import Path

from tests.generate.library_cast import reply
from tests.stub_openai import StubServer

from lamforge.domains import Domain
from lamforge.engines.budget import Budget, Price
from lamforge.generate import generate_multi, load_roles
from lamforge.generate.standing import Standing
from lamforge.messages import Usage


def test_it_says_what_is_kept_rejected_and_spent() -> None:
    budget = Budget()
    standing = Standing([{"task": {}, "rejected": []}, {"task": None, "rejected": [{}, {}]}], budget)
    standing.add({"task": {"task_id": "a"}, "rejected": [{}]})
    assert str(standing) == "1 kept, 3 rejected, 0 tokens"
    budget.book_earlier("agent", Price(1.0, 2.0), Usage(prompt_tokens=1_000_000, completion_tokens=250_000))
    assert str(standing) == "1 kept, 3 rejected, 1.50 spent, 1.2M tokens"


def test_the_last_note_of_a_run_has_the_numbers_of_its_files(library: Domain, tmp_path: Path) -> None:
    notes: list[tuple[int, int, str]] = []
    with StubServer(reply) as server:
        roles = load_roles(None, [f"{role}.engine={server.url}" for role in ("generator", "user", "agent")])
        generate_multi(library, tmp_path, tasks=6, test_tasks=2, roles=roles, progress=lambda *note: notes.append(note))
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").open()]
    twins = sum(each["stage"] == "duplicate" for each in rejected)
    kept = sum(len((tmp_path / f"tasks-{split}.jsonl").read_text().splitlines()) for split in ("train", "test"))
    assert notes[-1][:2] == (8, 8)
    assert notes[-1][2].startswith(f"{kept + twins} kept, {len(rejected) - twins} rejected, ")
