"""What must not be in training data: items, tools, policies and databases of BFCL and tau-bench, as users have them.

They are looked for and not kept, and none of them is in this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from lamforge.data.contamination.archive import Fingerprint, files_of, values_of
from lamforge.data.contamination.source_code import instructions_in, parsed, tools_in
from lamforge.errors import DataError

Kind = Literal["question", "policy"]
Signature = tuple[str, frozenset[str]]  # a tool's name and its parameters' names, normalised

_TOKEN = re.compile(r"\w[\w@.-]*\w")
_PLAIN_ID = re.compile(r"(?=\S*[a-zA-Z])(?=\S*\d)\S{6,}|\d{7,}")
_QUANTITY = re.compile(r"\d[\d.]*[a-zA-Z-]{1,10}|\d{4}-\d\d-\d\d\S*")
_VERSION = re.compile(r"bfcl_eval-(\d[\w.]*)")
_DEEP = 64


@dataclass(frozen=True)
class Item:
    """A text that a model is tested with."""

    name: str
    kind: Kind
    text: str


@dataclass
class Benchmark:
    """All of one benchmark that could leak."""

    name: str
    path: str
    sha256: str = ""  # of the files that were made use of
    items: list[Item] = field(default_factory=list)
    tools: dict[Signature, str] = field(default_factory=dict)  # signature -> the tool's own name
    identifiers: set[str] = field(default_factory=set)  # keys and ids in its databases


def signature(name: str, parameters: Iterable[str]) -> Signature:
    """How tools are told apart here: case, dots and underscores make no difference, the parameters' order neither."""
    return _normal(name), frozenset(map(_normal, parameters))


def identifiers_in(text: str) -> Iterator[str]:
    """What looks like a key of a database: letters with digits, or many digits; no quantities, dates or times."""
    for token in _TOKEN.findall(text):
        if _PLAIN_ID.fullmatch(token) and not _QUANTITY.fullmatch(token):
            yield token.lower()


def read_bfcl(path: Path) -> Benchmark:
    """BFCL's questions and tools, of any version: a wheel of bfcl-eval, or a folder with its data in it.

    Raises:
        DataError: if it holds none.
    """
    remedy = "Name a bfcl-eval wheel or its folder; `pip download --no-deps bfcl-eval` gets one."
    found, print_ = Benchmark(_bfcl_name(path), str(path)), Fingerprint()
    for name, content in files_of(path, remedy):
        folder, stem = PurePosixPath(name).parts[:-1], PurePosixPath(name).stem
        if {"possible_answer", "unused_datasets"} & set(folder):
            continue
        if stem.startswith("BFCL_v") and name.endswith((".json", ".jsonl")):
            print_.add(name, content)
            for row in values_of(content):
                _add_bfcl_row(found, stem, row)
        elif "multi_turn_func_doc" in folder:
            print_.add(name, content)
            _add_tools(found, values_of(content))
    return _checked(found, print_, remedy)


def read_tau(path: Path) -> Benchmark:
    """The tasks, policies, tools and databases of tau-bench and tau2-bench: a checkout, or a part of one.

    Raises:
        DataError: if it holds none.
    """
    remedy = "Name a checkout of tau-bench or tau2-bench."
    found, print_ = Benchmark("tau-bench", str(path)), Fingerprint()
    for name, content in files_of(path, remedy):
        place = PurePosixPath(name)
        if name.endswith(".py") and (tree := parsed(content)) is not None:
            texts, tools = list(instructions_in(tree)), list(tools_in(tree))
            for number, text in enumerate(texts):
                _add_item(found, f"{name}#{number}", "question", text)
            found.tools.update({signature(tool, parameters): tool for tool, parameters in tools})
            used = bool(texts or tools)
        elif place.suffix == ".md" and ("policy" in place.stem or place.stem == "wiki"):
            _add_item(found, name, "policy", content.decode(errors="replace"))
            used = True
        elif place.suffix == ".json" and "task" in place.stem:
            used = _add_tau2_tasks(found, name, content)
        else:
            used = place.suffix == ".json" and (place.stem in ("db", "user_db") or "data" in place.parts)
            found.identifiers.update(_ids(values_of(content)) if used else ())
        if used:
            print_.add(name, content)
    if found.items and all(item.kind == "policy" for item in found.items):  # any domain has one
        raise DataError("holds no tasks of tau-bench", where=path, remedy=remedy)
    return _checked(found, print_, remedy)


def _bfcl_name(path: Path) -> str:
    """With its version, where the path tells it."""
    version = _VERSION.search(path.name)
    return f"BFCL {version[1]}" if version else "BFCL"


def _checked(found: Benchmark, print_: Fingerprint, remedy: str) -> Benchmark:
    if not found.items:
        raise DataError(f"holds no items of {found.name}", where=found.path, remedy=remedy)
    found.sha256 = str(print_)
    return found


def _add_item(found: Benchmark, name: str, kind: Kind, text: str) -> None:
    found.items.append(Item(name, kind, text))
    found.identifiers.update(identifiers_in(text) if kind == "question" and not found.name.startswith("BFCL") else ())


def _add_bfcl_row(found: Benchmark, stem: str, row: Any) -> None:
    if not isinstance(row, dict):
        return
    name = f"{row.get('id', stem)}"
    texts = [text for text in _user_texts(row.get("question")) if text.strip()]
    for number, text in enumerate(texts):
        _add_item(found, name if len(texts) == 1 else f"{name}#{number}", "question", text)
    _add_tools(found, row["function"] if isinstance(row.get("function"), list) else [row.get("function")])


def _user_texts(question: Any, depth: int = 0) -> Iterator[str]:
    """What users say in messages, lists of them, or a plain text."""
    if isinstance(question, str):
        yield question
    elif isinstance(question, dict):
        if question.get("role", "user") == "user" and isinstance(question.get("content"), str):
            yield question["content"]
    elif isinstance(question, list) and depth < _DEEP:
        for each in question:
            yield from _user_texts(each, depth + 1)


def _add_tools(found: Benchmark, tools: list[Any]) -> None:
    for tool in tools:
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            continue
        parameters = tool.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        names = list(properties) if isinstance(properties, dict) else []
        found.tools[signature(tool["name"], names)] = tool["name"]


def _add_tau2_tasks(found: Benchmark, name: str, content: bytes) -> bool:
    """Tasks of tau2-bench: what the user is told, all of its fields together."""
    before = len(found.items)
    for value in values_of(content):
        for number, task in enumerate(value if isinstance(value, list) else [value]):
            scenario = task.get("user_scenario") if isinstance(task, dict) else None
            instructions = scenario.get("instructions") if isinstance(scenario, dict) else None
            for text in _texts(instructions):
                if len(text.split()) > 1:
                    _add_item(found, f"{name}#{task.get('id', number)}", "question", text)
    return len(found.items) > before


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < _DEEP:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth + 1)


def _ids(value: Any, depth: int = 0) -> Iterator[str]:
    """The identifiers among a database's keys, and among its values of one word."""
    if isinstance(value, str):
        if " " not in value:
            yield from identifiers_in(value)
    elif isinstance(value, dict | list) and depth < _DEEP:
        if isinstance(value, dict):
            for key in value:
                yield from identifiers_in(str(key))
        for each in value.values() if isinstance(value, dict) else value:
            yield from _ids(each, depth + 1)


def _normal(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
