"""`lamforge quickstart`: nothing but other verbs in a row, each printed as it runs."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, out
from lamforge.engines.open import NANO

SHAPES = ("shapes.action=5", "shapes.missing=3", "shapes.information=3")  # of fifteen: what five minutes can teach
KNOWN = 0.25  # pass^1 from which on a domain is none that has to be learned from nothing
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def quickstart(
    folder: Annotated[Path, typer.Option("--out", help="Folder of the run; the same command resumes it.")] = Path(
        "runs/quickstart"
    ),
    domain: Annotated[
        str | None,
        typer.Option(help="A bundled domain's name, or your folder. [default: what init writes, new to nano]"),
    ] = None,
    tasks: Annotated[int, typer.Option(min=1, help="Training conversations to write.")] = 2000,
    minutes: Annotated[float, typer.Option(min=0.1, help="Of training.")] = 4.5,
    eval_tasks: Annotated[int, typer.Option(min=1, help="Held-out tasks to score, twice.")] = 10,
) -> None:
    """The whole loop for a domain: data, nano's score, its training, GGUF, the new score, conversations."""
    data, model = folder / "data", folder / "model"
    before, after, compared = folder / "before", folder / "after", folder / "compare.html"
    trajectories, held_out = data / "trajectories.jsonl", data / "tasks-test.jsonl"
    if domain is None:
        domain = str(folder / "domain")
        if not Path(domain).exists():
            run("init", domain)
    played = {"domain": domain, "tasks": held_out}
    test_tasks = max(eval_tasks, 40)
    run("generate multi", *SHAPES, domain=domain, tasks=tasks, test_tasks=test_tasks, seed=1, out=data)
    run("eval domain", **played, model=NANO, limit=eval_tasks, out=before)
    pace = gently() if passed(before) >= KNOWN else []
    run("train sft", f"training.max_minutes={minutes:g}", *pace, data=trajectories, out=model)
    run("export gguf", model, out=folder, check=trajectories)
    gguf = max(folder.glob("*Q8_0.gguf"))
    run("eval domain", **played, model=gguf, limit=eval_tasks, out=after)
    run("eval compare", before, after, out=compared)
    best = gguf if passed(after) >= passed(before) else NANO
    for each in (NANO, gguf):
        run("chat", **played, model=each, task=0)
    out.print("\nEverything is in this folder:", style="bold")
    for path in (trajectories, gguf, compared, after / "report.html"):
        out.print(f"  {path}")
    if best == NANO:
        out.print(
            "The training did not help: nano itself scored higher. With more --tasks or --minutes, name another --out."
        )
    next_step(shlex.join(["lamforge", "chat", "--domain", domain, "--model", str(best)]))


def gently() -> list[str]:
    """A tenth of nano's rates, all of the system block at once: minutes at full rates undo what hours taught."""
    from lamforge.train import load_recipe

    training = load_recipe("nano").training
    rates = ("matrix_rate", "learning_rate")  # the embeddings' is a share of the latter
    out.print("\nnano knows this domain already: it is taught at a tenth of the usual rates, so as not to forget it.")
    return [*(f"training.{rate}={getattr(training, rate) / 10:g}" for rate in rates), "training.prefix_growth=0"]


def passed(folder: Path) -> float:
    """pass^1 of an evaluation."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return float(summary["reliability"][0]["value"])


def run(verb: str, *words: object, **options: object) -> None:
    """Runs one verb as its own process and shows its command line.

    Raises:
        typer.Exit: with the verb's exit code, if it fails.
    """
    arguments = [*verb.split(), *map(str, words)]
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    out.print(f"\n$ {shlex.join(['lamforge', *arguments])}", style="bold", soft_wrap=True)
    child = subprocess.Popen([sys.executable, "-m", "lamforge", *arguments])
    ignored = signal.signal(signal.SIGINT, lambda number, frame: None)  # the verb got it too and ends by itself
    passed_on = signal.signal(signal.SIGTERM, lambda number, frame: child.terminate())  # this one it did not get
    try:
        code = child.wait()
    finally:
        signal.signal(signal.SIGINT, ignored)
        signal.signal(signal.SIGTERM, passed_on)
    if code:
        raise typer.Exit(code)
