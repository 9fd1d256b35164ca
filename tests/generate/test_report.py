"""The numbers of a run's report, held against its files."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.generate.reported import clumsy, directed, lines

from lamforge.domains import Domain, load_domain
from lamforge.error_kinds import ERROR_KINDS
from lamforge.errors import DataError, UsageError
from lamforge.generate import Toolbox, generate_multi, generate_single
from lamforge.generate.report import RunSummary, domain_of, next_command, open_run, summarise_run
from lamforge.near_duplicates import near_duplicates, words_of

LIBRARY = Path(__file__).parents[1] / "library"


def report(out: Path, domain: Domain | None = None) -> RunSummary:
    return summarise_run(open_run(out), domain)


def steps(summary: RunSummary, title: str) -> dict[str, Any]:
    funnel = next(funnel for funnel in summary.funnels if funnel.title == title)
    return {step.name: step for step in funnel.steps}


@pytest.fixture(scope="module")
def run(library: Domain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with models."""
    out = tmp_path_factory.mktemp("directed") / "run"
    directed(library, out)
    return out


@pytest.fixture(scope="module")
def scripted(library: Domain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the scripted teacher."""
    out = tmp_path_factory.mktemp("scripted") / "run"
    generate_multi(library, out, tasks=60, test_tasks=12, seed=1)
    return out


def test_tasks_conversations_and_reasons_are_those_of_the_files(run: Path) -> None:
    summary, rejected = report(run), lines(run / "rejected.jsonl")
    assert summary.problems == []
    assert summary.kept == {split: len(lines(run / f"tasks-{split}.jsonl")) for split in ("train", "test")}
    talks = lines(run / "trajectories.jsonl")
    assert summary.conversations == len(talks)
    assert summary.turns == Counter(sum(m["role"] == "user" for m in talk["messages"]) for talk in talks)
    calls = [[c["function"] for m in talk["messages"] for c in m.get("tool_calls", ())] for talk in talks]
    assert summary.calls == Counter(map(len, calls))
    counted = Counter(call["name"] for each in calls for call in each)
    assert {tool.name: tool.calls for tool in summary.tools if tool.calls} == counted
    assert summary.rejected == len(rejected)
    assert {(r.stage, r.kind): r.count for r in summary.reasons if r.stage == "simulator"} == {
        ("simulator", "invented"): sum(each["stage"] == "simulator" for each in rejected)
    }
    assert len({r.stage for r in summary.reasons}) >= 5
    talks = [each for each in rejected if each.get("trajectory") and each["stage"] != "simulator"]
    assert summary.error_kinds == dict(Counter(each["kind"] for each in talks).most_common())
    assert set(summary.error_kinds) <= set(ERROR_KINDS)
    assert summary.error_kinds
    assert summary.spent == json.loads((run / "run.json").read_text())["summary"]["spent"]
    assert summary.cost == pytest.approx(sum(each["cost"] for each in summary.spent.values()))


def test_the_funnel_of_proposals_is_counted_by_round(run: Path) -> None:
    rejected = lines(run / "rejected.jsonl")
    stages = ("format", "execution", "policy", "review")
    lost = Counter((each["stage"], each["round"]) for each in rejected if each["stage"] in stages)
    tasks = [task for split in ("train", "test") for task in lines(run / f"tasks-{split}.jsonl")]
    tasks += [each["task"] for each in rejected if each.get("task")]
    blueprints = {task["provenance"]["seed"]: task["provenance"] for task in tasks}
    accepted = Counter(made["revisions"] for made in blueprints.values() if "made_of" not in made)
    funnel = steps(report(run), "Proposed tasks")
    rounds = range(len(funnel["tried"].rounds))
    assert len(rounds) > 1
    assert funnel["accepted by the reviewers"].rounds == [accepted[n] for n in rounds]
    readable = [accepted[n] + lost["execution", n] + lost["policy", n] + lost["review", n] for n in rounds]
    assert funnel["readable and of the right form"].rounds == readable
    assert funnel["tried"].count == sum(lost.values()) + sum(accepted.values())
    assert funnel["tried"].rounds[0] > 36  # three quarters of 48 tasks are proposed; twins are drawn again


def test_the_funnel_of_conversations_says_at_which_check_each_was_lost(run: Path) -> None:
    lost = Counter(each["reason"] for each in lines(run / "rejected.jsonl") if each.get("trajectory"))
    funnel = steps(report(run), "Conversations")
    kept = len(lines(run / "trajectories.jsonl"))
    assert funnel["everything told"].count == kept
    assert funnel["held"].count == kept + sum(lost.values())
    without_faults = funnel["held"].count - sum(n for reason, n in lost.items() if reason.startswith("simulator"))
    assert funnel["no mistake of the simulated user"].count == without_faults


def test_all_that_was_asked_for_can_be_followed_to_its_end(run: Path) -> None:
    counts = [step.count for step in steps(report(run), "Tasks").values()]
    twins = sum(each["stage"] == "duplicate" for each in lines(run / "rejected.jsonl"))
    kept = sum(len(lines(run / f"tasks-{split}.jsonl")) for split in ("train", "test"))
    assert (counts[0], counts[-1]) == (48, kept)
    assert twins and counts[-2] <= 48
    assert counts == sorted(counts, reverse=True)


def test_a_critic_that_cannot_be_read_is_counted(run: Path, library: Domain, tmp_path: Path) -> None:
    def mumbling(body: dict[str, Any]) -> dict[str, Any]:
        unread = body["messages"][0]["content"].startswith("Somebody plays") and body["seed"] % 2
        return {"content": "The second one."} if unread else clumsy(body)

    assert report(run).critic["asked"] > 5
    assert report(run).critic["unreadable"] == 0
    assert "3 of 3 judges are one model" in report(run).notes[0]
    directed(library, tmp_path / "run", play=mumbling, tasks=10)
    summary = report(tmp_path / "run")
    talks = lines(tmp_path / "run" / "trajectories.jsonl")
    talks += [each["trajectory"] for each in lines(tmp_path / "run" / "rejected.jsonl") if "trajectory" in each]
    told = [talk["provenance"]["critic"] for talk in talks if talk.get("provenance")]
    assert summary.critic == {name: sum(each[name] for each in told) for name in ("asked", "unreadable")}
    assert 0 < summary.critic["unreadable"] < summary.critic["asked"]
    assert summary.unread.startswith(f"{summary.critic['unreadable']} of {summary.critic['asked']} answers")


def test_the_scripted_teachers_draws_are_those_that_its_tasks_remember(scripted: Path) -> None:
    tasks = [task for split in ("train", "test") for task in lines(scripted / f"tasks-{split}.jsonl")]
    drawn = sum(task["provenance"]["draws"] for task in tasks)
    funnel = steps(report(scripted), "Drawn tasks")
    assert funnel["drawn"].count == drawn
    assert funnel["proven by its conversation"].count == len(tasks)


def test_examples_show_what_was_proposed_and_what_was_said(run: Path) -> None:
    reasons = {(reason.stage, reason.kind): reason for reason in report(run).reasons}
    unknown = reasons["format", "unknown tool"].examples[0]
    assert unknown.actions == ["burn_book()"]
    assert "'burn_book' is no tool" in unknown.detail
    invented = reasons["simulator", "invented"].examples[0]
    assert invented.detail == "invented: X-4711"
    assert any("X-4711" in message["text"] for message in invented.messages)


def test_near_duplicates_are_those_that_the_files_hold(run: Path) -> None:
    talks = lines(run / "trajectories.jsonl")
    said = [m["content"] for talk in talks for m in talk["messages"] if m["role"] == "user"]
    turns = [words_of(text) for text in said]
    wording = report(run).wording
    assert wording.all.turns == len(turns)
    assert wording.all.near == sum(place is not None for place in near_duplicates(turns))
    assert wording.long.turns == sum(len(words_of(text)) >= 5 and " " in text for text in said)
    assert sum(group.near for group in wording.by_kind) == wording.long.near
    assert sum(group.turns for group in wording.by_manner) == wording.long.turns
    assert wording.opening.turns == len(talks)


def test_tools_that_nobody_calls_are_named_with_the_reason(library_copy: Path, tmp_path: Path) -> None:
    tools = library_copy / "tools.py"
    words = '"""Burn.\n\n    Args:\n        warrant: A.\n    """'
    odd = f'@tool(kind="write")\ndef burn(state: State, warrant: str) -> str:\n    {words}\n    return warrant\n'
    tools.write_text(f"{tools.read_text()}\n\n{odd}")
    generate_multi(load_domain(library_copy), tmp_path / "run", tasks=10, test_tasks=0)
    unused = {tool.name: tool for tool in report(tmp_path / "run").unused}
    assert unused["burn"].kind == "write"
    assert "warrant" in unused["burn"].unused


def test_values_to_choose_from_are_covered_by_successful_calls(run: Path) -> None:
    chosen: Counter[str] = Counter()
    for talk in lines(run / "trajectories.jsonl"):
        results = {m["tool_call_id"]: m["content"] for m in talk["messages"] if m["role"] == "tool"}
        for call in (call for m in talk["messages"] for call in m.get("tool_calls", ())):
            if call["function"]["name"] == "change_branch" and not results[call["id"]].startswith("Error"):
                chosen[json.dumps(call["function"]["arguments"]["branch"])] += 1
    (branch,) = [each for each in report(run).arguments if each.tool == "change_branch"]
    assert (branch.name, branch.optional) == ("branch", False)
    assert branch.values == {name: chosen[name] for name in ('"north"', '"south"', '"east"')}


def test_rules_are_covered_by_what_broke_cites_or_depends_on_them(run: Path, scripted: Path, library: Domain) -> None:
    rules = {rule.name: rule for rule in report(run, library).rules}
    assert rules["identify_first"].depending and rules["confirm_first"].depending
    assert not rules["renew_twice"].covered
    shown = [task["provenance"]["rules"] for split in ("train", "test") for task in lines(run / f"tasks-{split}.jsonl")]
    assert rules["renew_twice"].in_focus == sum(rules["renew_twice"].sentence in each for each in shown) > 0
    cited = {rule.name: rule.cited for rule in report(scripted).rules}
    said = [json.dumps(talk["messages"]) for talk in lines(scripted / "trajectories.jsonl")]
    assert cited["renew_twice"] == sum("A loan can be renewed twice at most." in text for text in said) > 0
    assert report(run).rules[0].depending is None


def test_a_broken_rule_is_found_in_what_was_rejected(library: Domain, tmp_path: Path) -> None:
    from tests.generate.library_cast import reply

    def hasty(body: dict[str, Any]) -> dict[str, Any]:
        said = reply(body)
        confirming = "tools" in body and (said["content"] or "").startswith("Shall I change")
        if not confirming:
            return said
        results = [m for m in body["messages"] if m["role"] == "tool"]
        branch = said["content"].rstrip("?").split()[-1]
        function = {"member_id": json.loads(results[0]["content"])["member_id"], "branch": branch}
        call = {"name": "change_branch", "arguments": json.dumps(function)}
        return {"content": None, "tool_calls": [{"id": "a", "type": "function", "function": call}]}

    directed(library, tmp_path / "run", hasty, tasks=12)
    rules = {rule.name: rule.broken for rule in report(tmp_path / "run").rules}
    failed = [
        each["trajectory"]["verdict"]["failures"]
        for each in lines(tmp_path / "run" / "rejected.jsonl")
        if each.get("trajectory")
    ]
    assert rules["confirm_first"] == sum(any(f.startswith("confirm_first: ") for f in each) for each in failed) > 0


def test_a_given_domain_must_be_the_runs_own(run: Path, library_copy: Path) -> None:
    assert domain_of(open_run(run)) is None
    assert domain_of(open_run(run), str(LIBRARY)) is not None
    (library_copy / "policy.md").write_text("Do as you like.")
    with pytest.raises(UsageError, match="is not the domain"):
        domain_of(open_run(run), str(library_copy))


def test_a_run_in_progress_is_told_from_its_journal_as_its_files_would_tell_it(library: Domain, tmp_path: Path) -> None:
    directed(library, tmp_path / "half", tasks=70, shard=(1, 2))  # a shard's journal stays
    running = tmp_path / "running"
    running.mkdir()
    shutil.copy(tmp_path / "half" / "journal.jsonl", running)
    manifest = json.loads((tmp_path / "half" / "run.json").read_text())
    (running / "run.json").write_text(json.dumps({"config": manifest["config"], "status": "running"}))
    told, whole = (report(out, library).as_dict() for out in (running, tmp_path / "half"))
    assert told["running"] and not whole["running"]
    assert whole["asked"] == 20  # the second fifty of the tasks
    differing = {key for key in whole if told[key] != whole[key]}
    assert differing <= {
        "folder",
        "running",
        "spent",
        "reasons",
        "wording",
    }  # tasks came to their ends in another order
    assert told["wording"]["all"]["turns"] == whole["wording"]["all"]["turns"]
    counts = [{(r["stage"], r["kind"]): r["count"] for r in each["reasons"]} for each in (told, whole)]
    assert counts[0] == counts[1]


def test_an_interrupted_run_tells_what_it_has_paid_so_far(library: Domain, tmp_path: Path) -> None:
    from lamforge.engines.budget import Budget, BudgetError

    with pytest.raises(BudgetError):
        directed(library, tmp_path, budget=Budget(max_tokens=60_000))
    summary = report(tmp_path)
    assert summary.running
    answers = [each["record"]["answer"] for each in lines(tmp_path / "calls.jsonl")]
    assert sum(each["requests"] for each in summary.spent.values()) == len(answers)
    assert summary.tokens == sum(a["usage"]["prompt_tokens"] + a["usage"]["completion_tokens"] for a in answers)
    assert summary.cost > 0
    assert next_command(summary).startswith("lamforge generate multi … --out ")


def test_a_torn_journal_is_reported_as_far_as_it_goes(library: Domain, tmp_path: Path) -> None:
    directed(library, tmp_path / "run", shard=(0, 2))
    journal, manifest = tmp_path / "run" / "journal.jsonl", tmp_path / "run" / "run.json"
    manifest.write_text(manifest.read_text().replace('"status":"complete"', '"status":"running"'))
    content = journal.read_bytes()
    journal.write_bytes(content[:-40])
    assert report(tmp_path / "run").problems == []
    journal.write_bytes(content.replace(b"library", b"lambary", 5))
    summary = report(tmp_path / "run")
    assert any("is not a journal line as it was written" in problem for problem in summary.problems)
    assert summary.made_in_all < 24


def test_a_damaged_file_is_told_of_and_the_rest_is_counted(run: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(run, tmp_path / "run"))
    (out / "rejected.jsonl").unlink()
    talks = (out / "trajectories.jsonl").read_text().split("\n")
    (out / "trajectories.jsonl").write_text("\n".join(['{"torn', *talks[1:]]))
    summary = report(out)
    assert summary.conversations == len(lines(run / "trajectories.jsonl")) - 1
    assert "trajectories.jsonl is not as the run wrote it" in summary.problems
    assert any(problem.startswith("trajectories.jsonl:1 is left out") for problem in summary.problems)
    assert any(problem.startswith("rejected.jsonl cannot be read") for problem in summary.problems)


@pytest.mark.parametrize("content", [None, "", "[]", '{"config": 3}', '{"config": {}, "status": "running"}'])
def test_a_folder_that_is_no_run_is_refused_or_empty(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    if content and "running" in content:
        assert report(tmp_path).made_in_all == 0
    else:
        with pytest.raises(DataError, match="is no folder of a run"):
            open_run(tmp_path)


def test_single_turn_items_have_a_funnel_and_a_table_by_style(library: Domain, tmp_path: Path) -> None:
    generate_single(Toolbox([], library), tmp_path, items=60, seed=5)
    summary, items = report(tmp_path), lines(tmp_path / "items.jsonl")
    assert summary.job == "single"
    assert (summary.asked, summary.kept) == (60, {"items": len(items)})
    assert summary.kinds == Counter(item["style"] for item in items)
    assert steps(summary, "Items")["like no other item"].count == len(items)
    calls = Counter(answer["name"] for item in items for answer in item["answers"])
    assert {tool.name: tool.calls for tool in summary.tools if tool.calls} == calls
