"""The honest measure of nano, or of any other model: `make bench-nano`, or `python benchmarks/bench_nano.py --help`.

Each part runs lamforge's own verbs into a folder of the model's under runs/bench-nano: the same command goes on where
it was interrupted, and what is finished is read, not run again. Nothing is tuned to what is measured here: the queries
of tests/unseen, BFCL's tasks and the held-out words are read by no generator.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from nano_speed import measure_speed
from nano_table import Figure, keep, report

from lamforge.engines import open_model
from lamforge.messages import content_id

ROOT = Path(__file__).parents[1]
BUNDLED = ("store", "airline", "clinic")
TRIALS, TASKS, CONVERSATIONS, MINUTES = 4, 40, 2000, 4.5
SINGLE_TURN_GOALS = {"simple": 0.5, "multiple": 0.5}  # of BFCL v3, the Python ones


class Bench:
    """The parts, for one model."""

    def __init__(self, model: str, out: Path, quick: bool, minutes: float, tasks: int) -> None:
        self.model, self.out, self.quick = model, out, quick
        self._tasks = min(tasks, 10) if quick else tasks
        self._minutes = min(minutes, 0.5) if quick else minutes

    def unseen(self) -> list[Figure]:
        """Hand-written queries over hand-written tools of fields that no corpus names: all shown, two, one."""
        goals = {"exact call": 60, "right tool": 85, "refusal or question": 70}
        limit = ["--limit", "60"] if self.quick else []
        figures = []
        for shown, what in ((None, "unseen tools"), (2, "two shown"), (1, "one shown")):
            options = ["--max-tools", str(shown)] if shown else []
            out = f"unseen-{shown}" if shown else "unseen"
            found = self._verb("eval", "calls", str(ROOT / "tests" / "unseen"), *limit, *options, out=out)
            figures += [
                _share(f"{what}: {rate['name']}", rate["estimate"], goals[rate["name"]], f"{rate['cases']} cases")
                for rate in found["rates"]
            ]
        return figures

    def bfcl(self) -> list[Figure]:
        """Every category of BFCL v3, asked as it is deployed."""
        limit = ["--limit", "5"] if self.quick else []
        options = ("--suite", "v3", "--mode", "chat", "--max-tokens", "512", *limit)
        found = self._verb("eval", "bfcl", *options, out="bfcl")
        figures = [
            Figure(f"BFCL v3 {name}", 100 * right / total, "%", _goal(name), note=f"{right} of {total}")
            for name, (right, total) in found["counts"].items()
        ]
        overall, nothing = (found[columns]["Overall"]["Overall Acc"] for columns in ("official", "nothing"))
        return [*figures, Figure("BFCL v3 overall", float(overall.rstrip("%")), "%", note=f"doing nothing: {nothing}")]

    def domains(self) -> list[Figure]:
        """Held-out tasks of the bundled domains: this model, and the one that quickstart trains on the domain alone."""
        return [figure for name in BUNDLED for figure in self._before_and_after(name, name, 70, 90)]

    def init(self) -> list[Figure]:
        """A domain never seen: the one that `lamforge init` writes."""
        folder = self.out / "never-seen"
        if not folder.exists():
            _run("init", str(folder))
        return self._before_and_after("never-seen", str(folder), None, 70)

    def speed(self) -> list[Figure]:
        """First token and decoding, on two cores."""
        found = measure_speed(self.model, repeats=3 if self.quick else 9)
        note = f"median of {found.repeats}, {found.prompt_tokens:,} tokens of prompt, {found.cores} cores"
        return [
            Figure("speed: first token, nothing cached", found.first_token_ms, "ms", 150, note=note),
            Figure("speed: first token, tools cached", found.cached_first_token_ms, "ms", note=note),
            Figure("speed: decoding under a schema", found.tokens_per_second, "tokens/s", 150, note=note),
        ]

    def _before_and_after(self, name: str, domain: str, before: float | None, after: float) -> list[Figure]:
        tasks = self.out / f"tasks-{name}"
        _run("generate", "multi", "--domain", domain, "--tasks", "1", "--test-tasks", str(self._tasks), "--seed", "71",
             "--out", str(tasks))  # fmt: skip
        figures = self._domain(f"{name} before", domain, tasks, self.model, before)
        run = self.out / f"quickstart-{name}"
        conversations = 200 if self.quick else CONVERSATIONS
        _run("quickstart", "--domain", domain, "--out", str(run), "--minutes", f"{self._minutes:g}", "--tasks",
             str(conversations), "--eval-tasks", "5")  # fmt: skip
        trained = str(max(run.glob("*Q8_0.gguf")))
        return figures + self._domain(
            f"{name} after {self._minutes:g} minutes", domain, tasks, trained, after, f", trained from {_start(run)}"
        )

    def _domain(
        self, name: str, domain: str, tasks: Path, model: str, goal: float | None, start: str = ""
    ) -> list[Figure]:
        options = ("--domain", domain, "--tasks", str(tasks / "tasks-test.jsonl"), "--wording", "held-out")
        found = self._verb("eval", "domain", *options, "--trials", str(TRIALS), out=_slug(name), model=model)
        first, last = found["reliability"][0], found["reliability"][-1]
        note = f"{found['tasks']} held-out tasks, held-out wording{start}"
        return [
            _share(f"{name}: pass^1", first, goal, note),
            _share(f"{name}: pass^{last['k']}", last, None, note),
        ]

    def _verb(self, *words: str, out: str, model: str | None = None) -> dict[str, Any]:
        """Runs a verb of `eval` and returns its summary; a run that is there already is only read."""
        folder = self.out / out
        _run(*words, "--model", model or self.model, "--out", str(folder))
        return dict(json.loads((folder / "summary.json").read_text(encoding="utf-8")))


def main() -> None:
    """Measures the parts, and prints and writes all that is known of the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {name: getattr(Bench, name) for name in ("unseen", "speed", "bfcl", "domains", "init")}
    parser.add_argument("--model", default="nano", help="as `lamforge eval` takes it")
    parser.add_argument("--only", action="append", choices=parts, help="may be given several times")
    parser.add_argument("--quick", action="store_true", help="a sample of each part, in a folder of its own")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of training on a domain")
    parser.add_argument("--tasks", type=int, default=TASKS, help="held-out ones of each domain, at least 1")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "bench-nano")
    args = parser.parse_args()
    made = open_model(args.model).describe()
    if args.tasks < 1 or args.minutes <= 0:
        parser.error("--tasks and --minutes must be more than 0")
    how = f"-{args.tasks}-tasks" * (args.tasks != TASKS) + f"-{args.minutes:g}-minutes" * (args.minutes != MINUTES)
    name = f"{_slug(Path(args.model).stem)}-{content_id(made)[:8]}{how}{'-quick' if args.quick else ''}"
    folder = args.out / name
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(args.model, folder, args.quick, args.minutes, args.tasks)
    for part in args.only or parts:
        print(f"== {part}", flush=True)
        keep(folder, part, parts[part](bench))
    report(folder, args.model, made, list(parts), args.quick)


def _run(*words: str) -> None:
    """Runs a verb, its table on the terminal."""
    with tempfile.TemporaryFile() as said:
        done = subprocess.run([sys.executable, "-m", "lamforge", *words], stdout=said)
        if done.returncode:
            said.seek(0)
            sys.exit(
                f"{said.read().decode(errors='replace')}\nlamforge {' '.join(words[:2])} ended with {done.returncode}"
            )


def _start(run: Path) -> str:
    """What quickstart's training began with."""
    recipe = yaml.safe_load((run / "model" / "recipe.yaml").read_text(encoding="utf-8"))
    return recipe["model"].get("base") or "new weights"


def _share(name: str, estimate: dict[str, Any], goal: float | None, note: str) -> Figure:
    if estimate["value"] is None:
        sys.exit(f"{name}: results are missing; run the verb with --retry-errors")
    interval = (100 * estimate["low"], 100 * estimate["high"])
    return Figure(name, 100 * estimate["value"], "%", goal, interval, note)


def _goal(category: str) -> float | None:
    return 100 * SINGLE_TURN_GOALS[category] if category in SINGLE_TURN_GOALS else None


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


if __name__ == "__main__":
    main()
