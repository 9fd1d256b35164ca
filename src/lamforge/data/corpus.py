"""A corpus made by other verbs in a row: the `corpus` section of a recipe, run step by step, each step once.

A step is a command line of lamforge, or a list of them that run side by side; `{name}` in it is one of the section's
values, `{out}` the corpus' folder. A step that was done with the same commands is not done again, unless an earlier one
was.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lamforge.errors import DataError, IncompleteError, OutputError, UsageError
from lamforge.journal import write_atomically
from lamforge.settings import load_settings

_DONE = "steps.json"
_SLOT = re.compile(r"\{(\w+)\}")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"  # of a mix

Value = str | int | float | None
Told = Callable[[str, str], None]  # (step, what becomes of it)


def _lines(step: Any) -> Any:
    """The command lines of a step, without "lamforge", each of which a shell could read; one may stand alone."""
    lines = [step] if isinstance(step, str) else step
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, str):
            shlex.split(line)  # raises ValueError, such as "No closing quotation"
    return lines


class Corpus(BaseModel):
    """The `corpus` section of a recipe."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Value] = Field(default_factory=dict)  # sizes, seeds, paths; KEY=VALUE of the command line wins
    steps: dict[str, Annotated[list[str], BeforeValidator(_lines)]] = Field(min_length=1)  # done in their order
    mixes: dict[Annotated[str, Field(pattern=_NAME)], dict[str, Any]] = Field(default_factory=dict)  # for `data mix`


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    corpus: Corpus


@dataclass
class Made:
    """What became of each step."""

    out: Path
    done: dict[str, float] = field(default_factory=dict)  # step -> seconds
    skipped: list[str] = field(default_factory=list)  # done before
    left_out: dict[str, str] = field(default_factory=dict)  # step -> the value that nobody gave
    last: str = ""  # what the last command of the last step wrote


def load_corpus(path: Path, overrides: list[str] | None = None) -> Corpus:
    """The section of a file; overrides such as "items=1000" change its values.

    Raises:
        UsageError: naming the file and what is wrong in it.
    """
    if not path.is_file():
        raise UsageError("there is no such file", where=path, remedy="Name a YAML file with a section `corpus`.")
    corpus = load_settings(_File, path, [f"corpus.values.{override}" for override in overrides or ()]).corpus
    for name, step in corpus.steps.items():
        for slot in _SLOT.findall(" ".join(step)):
            if slot != "out" and slot not in corpus.values:
                known = ", ".join(["out", *corpus.values])
                raise UsageError(f"corpus.steps.{name}: no value {slot}", where=path, remedy=f"Known are: {known}.")
    return corpus


def make_corpus(corpus: Corpus, out: Path, tell: Told = lambda step, what: None) -> Made:
    """Runs the steps that are not done yet.

    Raises:
        IncompleteError: if a step fails; the same call goes on with it.
        DataError, OutputError: if the folder's record of its steps cannot be read or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be created: {error.strerror}", where=out) from error
    made, known = Made(out), _known(out / _DONE)
    values = {**corpus.values, "out": str(out)}
    commands = {name: _commands(step, values) for name, step in corpus.steps.items()}
    made.left_out = {name: _missing(step, values) for name, step in corpus.steps.items() if _missing(step, values)}
    _write_mixes(corpus, made, values)
    lines = [line for name, each in commands.items() if name not in made.left_out for line in each if "--out" in line]
    made.last = lines[-1][lines[-1].index("--out") + 1] if lines else str(out)
    for name in commands:
        if name in made.left_out:
            tell(name, f"left out: no value {made.left_out[name]}")
        elif known.get(name, {}).get("commands") == commands[name] and not made.done:
            made.skipped.append(name)
            tell(name, "done before")
        else:
            tell(name, "; ".join(shlex.join(["lamforge", *command]) for command in commands[name]))
            made.done[name] = _run(name, commands[name])
            known[name] = {"commands": commands[name], "seconds": round(made.done[name], 1)}
            write_atomically(out / _DONE, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
    return made


def _known(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError("is no record of steps", where=path, remedy="Choose another --out.") from error


def _commands(step: list[str], values: dict[str, Value]) -> list[list[str]]:
    """The words of each command; a value with spaces stays one word."""
    return [[_SLOT.sub(lambda slot: str(values[slot[1]]), word) for word in shlex.split(line)] for line in step]


def _missing(step: list[str], values: dict[str, Value]) -> str:
    """The first value of a step that is empty, or ""."""
    slots = _SLOT.findall(" ".join(step))
    return next((slot for slot in slots if values[slot] in (None, "")), "")


def _write_mixes(corpus: Corpus, made: Made, values: dict[str, Value]) -> None:
    """Each mix of the section as NAME.yaml, its slots filled, without the sources of steps that are left out."""
    for name, mix in corpus.mixes.items():
        filled = yaml.safe_load(_SLOT.sub(lambda slot: str(values.get(slot[1], slot[0])), yaml.safe_dump(mix)))
        sources = filled.get("sources", {})
        filled["sources"] = {each: source for each, source in sources.items() if each not in made.left_out}
        write_atomically(made.out / f"{name}.yaml", yaml.safe_dump(filled, sort_keys=False, allow_unicode=True))


def _run(name: str, commands: list[list[str]]) -> float:
    """Runs commands side by side to their end; returns the seconds that they took."""
    began = time.monotonic()
    running = [
        subprocess.Popen([sys.executable, "-m", "lamforge", *command], stdout=sys.stderr) for command in commands
    ]
    try:
        codes = [process.wait() for process in running]
    except BaseException:
        for process in running:  # Ctrl-C has reached them, too: they put down what they have
            process.wait()
        raise
    for command, code in zip(commands, codes, strict=True):
        if code:
            what = f"step {name} ended with exit code {code}: {shlex.join(['lamforge', *command])}"
            raise IncompleteError(what, remedy="Mend what it says above; the same command goes on from there.")
    return time.monotonic() - began
