"""The forms that conversations come in, by name, and which of them a file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lamforge.data.exchange import actionstudio, chat, hermes, sgd, sgd_lean, sharegpt, tau, toolace, xlam60k
from lamforge.data.exchange.draft import Draft
from lamforge.data.record_files import Record, records, source_files
from lamforge.errors import DataError, UsageError, bounded
from lamforge.messages import Trajectory

OURS = "lamforge"  # our own records, which need no importer

_LOOKED_AT = 20  # records that tell the form of a file


def _files(path: Path) -> Iterator[Record]:
    return chain.from_iterable(records(file) for file in source_files(path))


@dataclass(frozen=True)
class Form:
    """A way in which others write conversations down.

    Args:
        title: What people call it.
        reads: Whether a record looks like it.
        read: What it says; raises Unconvertible.
        write: The same the other way round, if there is a use for it.
        records: The records of a path, where they are not simply those of its files.
        is_it: Whether a path is of this form, told before any record is read.
        origin: Whose data has it, where only one data set does, in the words that its licence asks for.
    """

    name: str
    title: str
    read: Callable[[dict[str, Any]], Draft]
    reads: Callable[[dict[str, Any]], bool] = lambda row: False
    write: Callable[[Trajectory], dict[str, Any]] | None = None
    records: Callable[[Path], Iterator[Record]] = _files
    is_it: Callable[[Path], bool] = lambda path: False
    origin: str = ""


_SGD = (
    "the Schema-Guided Dialogue dataset of Google Research "
    "(https://github.com/google-research-datasets/dstc8-schema-guided-dialogue)"
)
_APIGEN = "APIGen-MT-5k of Salesforce (https://huggingface.co/datasets/Salesforce/APIGen-MT-5k)"
FORMS = {  # those that say more of a record come first
    form.name: form
    for form in (
        Form("sgd", "Schema-Guided Dialogue", sgd.read, records=sgd.sgd_records, is_it=sgd.is_sgd, origin=_SGD),
        Form("sgd-lean", "Schema-Guided Dialogue, short", sgd_lean.read, records=sgd.sgd_records, origin=_SGD),
        Form("tau2", "tau2-bench results", tau.read_tau2, records=tau.tau2_records, is_it=tau.is_tau2),
        Form("tau", "tau-bench results", tau.read, tau.reads),
        Form("xlam-60k", "xlam-function-calling-60k", xlam60k.read, xlam60k.reads, xlam60k.write),
        Form("actionstudio", "ActionStudio unified", actionstudio.read, actionstudio.reads, actionstudio.write),
        Form("toolace", "ToolACE", toolace.read, toolace.reads),
        Form("hermes", "Hermes function calling", hermes.read, hermes.reads),
        Form("apigen-mt", "APIGen-MT-5k", sharegpt.read_apigen, is_it=sharegpt.is_apigen, origin=_APIGEN),
        Form("sharegpt", "ShareGPT, LLaMA-Factory", sharegpt.read, sharegpt.reads, sharegpt.write),
        Form("trl", "TRL messages and tools", chat.read, chat.reads_trl, chat.write_trl),
        Form("openai", "OpenAI messages", chat.read, chat.reads_openai, chat.write_openai),
    )
}


def form_named(name: str) -> Form:
    """A form by its name; raises UsageError if there is none."""
    if name not in FORMS:
        raise UsageError(f"unknown format {bounded(name)}", remedy=f"Known are: {', '.join(FORMS)}.")
    return FORMS[name]


_PAGES = (".html", ".htm", ".md", ".pdf")


def form_of(path: Path) -> Form:
    """The form that a path has, as its first records show.

    Raises:
        DataError: if it cannot be told, or the path cannot be read.
    """
    if not path.exists():
        raise DataError("cannot be read: no such file or folder", where=path)
    if path.suffix in _PAGES:
        raise DataError("is a page for people, no data", where=path, remedy="Name the file that it was made of.")
    for form in FORMS.values():
        if form.is_it(path):
            return form
    rows = [row for _, row in islice(_files(path), _LOOKED_AT) if isinstance(row, dict)]
    if rows and all("trajectory_id" in row and "messages" in row for row in rows):
        remedy = "`lamforge data export` writes them in another form, and all other verbs take them as they are."
        raise DataError("holds trajectories already", where=path, remedy=remedy)
    for form in FORMS.values():
        if any(form.reads(row) for row in rows) and all(form.reads(row) or _nearly(form, row) for row in rows):
            return form
    seen = f"the first record has the keys {', '.join(map(str, list(rows[0])[:12]))}" if rows else "it holds no records"
    raise DataError(
        f"is in no format that is known: {seen}",
        where=path,
        remedy=f"If you know it, say --format with one of: {', '.join(FORMS)}.",
    )


def _nearly(form: Form, row: dict[str, Any]) -> bool:
    """Whether a record that does not show it may be of the form all the same: one without any call, or a broken one."""
    return any(FORMS[name].reads(row) for name in _LOOSER.get(form.name, ())) or not any(
        other.reads(row) for other in FORMS.values()
    )


_LOOSER = {
    "hermes": ("sharegpt",),
    "toolace": ("sharegpt", "hermes"),
    "trl": ("openai",),
}
