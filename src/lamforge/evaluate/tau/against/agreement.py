"""Agreement with tau's official code: both answer the same calls and judge the same conversations."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lamforge.domains import Task, result_text
from lamforge.errors import DataError, UsageError
from lamforge.evaluate.tau.against.findings import Agreement
from lamforge.evaluate.tau.against.recordings import compare_recordings
from lamforge.evaluate.tau.against.walks import walk
from lamforge.evaluate.tau.arithmetic import allowed, calculate
from lamforge.evaluate.tau.data import TauData, read_data
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.fetch import fetched_wheel
from lamforge.evaluate.tau.judge import judge_calls
from lamforge.evaluate.tau.load import load_tau_domain, rules_of
from lamforge.evaluate.tau.recorded import read_recorded
from lamforge.messages import canonical_json

_WALK = 100  # calls from one starting state
_PATIENCE = 3600  # seconds for the official code; 100,000 calls take it minutes

Progress = Callable[[int, int], None]
Json = dict[str, Any]


def compared(
    path: Path | None, domains: list[str], *, calls: int, results: list[Path], split: str, seed: int, progress: Progress
) -> Agreement:
    """`agreement` on data at a path, or on those of the fetched wheel.

    Raises:
        UsageError: if it is not said which domain the results are of.
    """
    if results and len(domains) != 1:
        raise UsageError("recorded conversations are of one domain", remedy="Add --category retail or airline.")
    where = path or fetched_wheel()
    sources = [read_data(where, domain) for domain in domains]
    recordings = {domains[0]: results} if results else {}
    return agreement(sources, calls=calls, recordings=recordings, split=split, seed=seed, progress=progress)


def agreement(
    sources: list[TauData],
    *,
    calls: int = 2000,
    recordings: dict[str, list[Path]] | None = None,
    split: str = "test",
    seed: int = 0,
    progress: Progress | None = None,
) -> Agreement:
    """Compares answers to random calls, states, rewards of conversations that are right or nearly so, and recordings.

    Args:
        sources: The domains, all of one layout. tau2-bench's own code is not run: of it there are only recordings.
        calls: How many random calls, over all domains.
        recordings: Files of recorded conversations, by domain.
        split: Of tau-bench's tasks that they are on.
    Raises:
        UsageError: if there is nothing to compare with.
        DataError: if the official code does not run, or a file holds nothing that can be compared.
    """
    layout, files = sources[0].layout, recordings or {}
    if layout == "tau2-bench" and not files:
        remedy = "Pass --results, or compare with the inspect-evals wheel; --adapter tau2 plays with tau2-bench itself."
        raise UsageError("tau2-bench's own code is not run for a comparison", where=sources[0].where, remedy=remedy)
    found = Agreement(layout, rules_of(sources[0]).name)
    for number, data in enumerate(sources):
        found.data_sha256[data.domain] = data.digest
        domain = load_tau_domain(data, rules_of(data))
        for file in files.get(data.domain, ()):
            compare_recordings(domain, data.domain, read_recorded(file, domain.book, split), found, file)
        if layout == "tau2-bench":
            continue
        requests = [*_walks(domain, data, calls // len(sources), seed), *_conversations(domain, data, seed)]
        answers = _official(data, [request for request, _ in requests])
        for (request, ours), official in zip(requests, answers, strict=True):
            _compare(found, data.domain, request, ours, official)
        if progress is not None:
            progress(number + 1, len(sources))
    return found


def _official(data: TauData, requests: Iterable[Json]) -> list[Json]:
    """What the official code answers, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "requests.jsonl"), Path(folder, "answers.jsonl")
        source.write_text("".join(json.dumps(request) + "\n" for request in requests), encoding="utf-8")
        script = Path(__file__).with_name("official.py")
        places = (data.where.absolute(), Path(folder, "scratch"), source, target)
        command = [sys.executable, str(script), data.layout, *map(str, places)]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise DataError(f"the official code did not end within {_PATIENCE} s", where=data.where) from error
        if ran.returncode:
            raise DataError(f"the official code failed: {ran.stderr.strip()[-800:]}", where=data.where)
        with target.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def _walks(domain: TauDomain, data: TauData, calls: int, seed: int) -> Iterator[tuple[Json, Json]]:
    """Random calls with our answers."""
    for start in range(0, calls, _WALK):
        environment = domain.environment()
        made: list[Any] = []
        answers = []
        for name, _, arguments in walk(environment, data.domain, min(_WALK, calls - start), seed + start):
            if data.layout == "inspect-evals" and _differs_by_design(name, arguments):
                continue
            made.append([name, json.loads(json.dumps(arguments))])
            answers.append(result_text(environment.execute(name, arguments)))
        yield {"domain": data.domain, "calls": made}, {"answers": answers, "hash": environment.official_hash()}


def _differs_by_design(name: str, arguments: Json) -> bool:
    """Where inspect-evals is known not to behave like tau2-bench, which counts.

    The price difference of no items is 0.0 there and 0 in tau2-bench, what is no expression is refused in other words,
    and true as a number is shown as 1.
    """
    if name == "calculate":
        expression = arguments.get("expression")
        return not isinstance(expression, str) or not _is_expression(expression)
    if any(arguments.get(number) is True for number in ("total_baggages", "nonfree_baggages")):
        return True
    return name.startswith("exchange") and not arguments.get("item_ids")


def _is_expression(text: str) -> bool:
    try:
        return not allowed(text) or calculate(text) != ""
    except Exception:
        return False


def _conversations(domain: TauDomain, data: TauData, seed: int) -> Iterator[tuple[Json, Json]]:
    """Each task's actions with all that must be said, and one variant that lacks something or does something twice."""
    for task in data.tasks:
        rng = random.Random(f"{seed}{task.task_id}")
        calls = [(action.name, action.arguments) for action in task.actions]
        said = [f"It is {output}." for output in task.outputs] or ["Done."]
        others: list[tuple[list[tuple[str, Json]], list[str]]] = [([], ["Hello."]), (calls, said[1:])]
        if calls:
            place = rng.randrange(len(calls))
            others.append((calls[:place] + calls[place + 1 :], said))
            others.append(([*calls, calls[place]], [text.upper() for text in said]))
        for made, words in ((calls, said), rng.choice(others)):
            environment = domain.environment()
            answers = [result_text(environment.execute(name, arguments)) for name, arguments in made]
            reward = float(judge_calls(domain, task, environment, words))
            request = {"domain": data.domain, "calls": made, "said": words, **_task_of(data, task)}
            yield request, {"answers": answers, "reward": reward}


def _task_of(data: TauData, task: Task) -> Json:
    """A task as the official code finds it."""
    if data.layout == "tau-bench":
        return {"task": task.provenance["number"], "split": task.task_id.rpartition("-")[0] or "test"}
    actions = [{"action_id": str(n), "name": a.name, "arguments": a.arguments} for n, a in enumerate(task.actions)]
    criteria = {"actions": actions, "communicate_info": task.outputs}
    scenario = {"instructions": task.instruction}
    return {"task": {"id": task.task_id, "user_scenario": scenario, "evaluation_criteria": criteria}}


def _compare(found: Agreement, domain: str, request: Json, ours: Json, official: Json) -> None:
    task = request.get("task")
    place = f"{domain}, task {task['id'] if isinstance(task, dict) else task}" if task is not None else domain
    for (name, arguments), theirs, own in zip(request["calls"], official["answers"], ours["answers"], strict=True):
        what = f"{name} {json.dumps(arguments)[:300]}"
        found.count(f"{domain}: answers", place, what, _comparable(theirs), _comparable(own))
    for category, key in (("states", "hash"), ("rewards", "reward")):
        if key in ours:
            found.count(f"{domain}: {category}", place, key, str(official[key]), str(ours[key]))


def _comparable(text: str) -> str:
    """JSON whatever its spaces, as inspect-evals writes it without; anything else as it is."""
    try:
        return canonical_json(json.loads(text))
    except ValueError:
        return text
