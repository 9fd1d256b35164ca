"""A model's card: README.md with the front matter that the hub reads, made of what the files say.

Nothing in it is claimed that no file holds: what was not checked or measured is said to be so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.data import data_hash, read_trajectories
from lamforge.errors import DataError, bounded
from lamforge.export.identity import Identity
from lamforge.export.licences import inherited, licence_id
from lamforge.journal import write_atomically

_TAGS = ["tool-calling", "function-calling", "large-action-model", "lamforge"]
_MOST_DOMAINS = 8


@dataclass(frozen=True)
class Sources:
    """The files that a card is made of."""

    data: list[Path] = field(default_factory=list)  # trajectories that it was trained on
    mix: Path | None = None  # the YAML of their mix
    decontamination: Path | None = None  # the report, as Markdown or JSON
    results: list[Path] = field(default_factory=list)  # summary.json of evaluations
    parity: Path | None = None  # parity.json of the GGUF files
    datasets: list[str] = field(default_factory=list)  # "owner/name" of the data on the hub


def write_card(
    folder: Path, identity: Identity, format_id: str, sources: Sources, repository: str | None = None
) -> Path:
    """Writes README.md, and NOTICE if the base's licence asks for one.

    Raises:
        DataError: if a source cannot be read.
    """
    licence = inherited(identity.base)
    summaries = [_summary(path) for path in sources.results]
    parts = [
        f"---\n{_front_matter(identity, sources, summaries)}---\n",
        _lead(folder, identity, format_id, repository),
        _data(sources),
        _training(folder),
        _decontamination(sources.decontamination),
        _results(summaries),
        _files(sources.parity),
        _licence(identity),
    ]
    write_atomically(folder / "README.md", "\n".join(part for part in parts if part))
    if licence is not None and licence.notice:
        write_atomically(folder / "NOTICE", licence.notice)
    return folder / "README.md"


def _front_matter(identity: Identity, sources: Sources, summaries: list[dict[str, Any]]) -> str:
    import yaml

    licence = inherited(identity.base)
    head: dict[str, Any] = {"license": licence_id(identity)}
    if licence is not None and licence.name:
        head |= {"license_name": licence.name, "license_link": licence.link}
    head |= {"language": ["en"], "library_name": "transformers", "pipeline_tag": "text-generation", "tags": _TAGS}
    if identity.hub_base:
        head |= {"base_model": identity.hub_base, "base_model_relation": "finetune"}
    if sources.datasets:
        head["datasets"] = sources.datasets
    complete = [summary for summary in summaries if summary.get("complete")]
    if complete:
        head["model-index"] = [{"name": identity.name, "results": [_indexed(summary) for summary in complete]}]
    return str(yaml.safe_dump(head, sort_keys=False, allow_unicode=True))


def _indexed(summary: dict[str, Any]) -> dict[str, Any]:
    """An evaluation as the hub's index of results has them."""
    metrics = [
        {"type": f"pass^{row['k']}", "value": round(row["value"], 4), "name": f"pass^{row['k']}"}
        for row in summary["reliability"]
    ]
    return {
        "task": {"type": "text-generation", "name": "tool calling"},
        "dataset": {"type": f"lamforge/{summary['domain']}", "name": summary["domain"]},
        "metrics": metrics,
    }


def _lead(folder: Path, identity: Identity, format_id: str, repository: str | None) -> str:
    origin = f"It was trained from `{identity.base}`." if identity.base else "It was trained from new weights."
    if identity.base is None and not (folder / "recipe.yaml").is_file():
        origin = "What it was trained from is not recorded."
    where = f"hf:{repository}" if repository else "FILE.gguf"
    return (
        f"# {identity.name} {identity.version}\n\n"
        f"A model that calls tools. {origin} Its prompts are `{format_id}`, as in `chat_template.jinja`.\n\n"
        f"```sh\nlamforge chat --model {where}\nlamforge serve {where}\n```\n"
    )


def _data(sources: Sources) -> str:
    lines = ["## Data\n"]
    if not sources.data and not sources.datasets:
        lines.append("What it was trained on was not given when this card was written.\n")
    lines += [f"- [{name}](https://huggingface.co/datasets/{name})" for name in sources.datasets]
    lines += [_counted(path) for path in sources.data]
    if sources.mix is not None:
        lines.append(f"\nMixed as:\n\n```yaml\n{_read(sources.mix).strip()}\n```")
    return "\n".join(lines) + "\n"


def _counted(path: Path) -> str:
    domains: Counter[str] = Counter()
    agents: Counter[str] = Counter()
    passed = 0
    for trajectory in read_trajectories(path):
        domains[trajectory.domain or "unnamed"] += 1
        agents[trajectory.agent or "unnamed"] += 1
        passed += trajectory.reward == 1
    hashes = ", ".join(f"`{each[:16]}…`" for each in data_hash([path]).values())
    named = ", ".join(f"{name} ({count:,})" for name, count in domains.most_common(_MOST_DOMAINS))
    players = ", ".join(name for name, _ in agents.most_common(_MOST_DOMAINS))
    return (
        f"- `{path.name}`: {sum(domains.values()):,} conversations, {passed:,} of them verified; domains: {named}; "
        f"played by: {players}; SHA-256 {hashes}"
    )


def _training(folder: Path) -> str:
    lines = ["## Training\n"]
    result = folder / "result.json"
    if result.is_file():
        known = _object(result)
        rows = [(key.replace("_", " "), value) for key, value in known.items() if isinstance(value, int | float | str)]
        lines += _table(["", ""], [[name, f"{value:,}" if type(value) is int else str(value)] for name, value in rows])
    if (folder / "recipe.yaml").is_file():
        lines.append(f"\n```yaml\n{_read(folder / 'recipe.yaml').strip()}\n```")
    return "\n".join(lines) + "\n" if len(lines) > 1 else ""


def _decontamination(report: Path | None) -> str:
    if report is None:
        return "## Decontamination\n\nThe data were not compared with benchmarks when this card was written.\n"
    if report.suffix == ".md":
        text = _read(report).strip()
        return f"{text}\n" if text.startswith("#") else f"## Decontamination\n\n{text}\n"
    known = _object(report)
    rows = [[key.replace("_", " "), str(value)] for key, value in known.items() if isinstance(value, int | float | str)]
    return "## Decontamination\n\n" + "\n".join(_table(["", ""], rows)) + "\n"


def _results(summaries: list[dict[str, Any]]) -> str:
    if not summaries:
        return "## Results\n\nIt was not evaluated when this card was written.\n"
    rows = []
    for summary in summaries:
        name = f"{summary['domain']}, {summary['tasks']} tasks x {summary['trials']} trials"
        for own, floor in zip(summary["reliability"], summary["baseline"], strict=True):
            rows.append([name, f"pass^{own['k']}", _estimate(own), f"{100 * floor['at_least']:.1f} %"])
    made = json.dumps([summary.get("made", {}) for summary in summaries], ensure_ascii=False, indent=1)
    return (
        "## Results\n\n"
        + "\n".join(_table(["tasks", "measure", "value, 95 % interval", "doing nothing"], rows))
        + f"\n\n<details><summary>How these numbers were made</summary>\n\n```json\n{made}\n```\n\n</details>\n"
    )


def _estimate(row: dict[str, Any]) -> str:
    if row["value"] is None or row["low"] is None:
        return f"incomplete: between {100 * row['at_least']:.1f} % and {100 * row['at_most']:.1f} %"
    return f"{100 * row['value']:.1f} % [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def _files(parity: Path | None) -> str:
    if parity is None:
        return ""
    rows = [
        [
            f"`{row['file']}`",
            f"{100 * row['agreement']:.1f} %",
            f"{row['divergence']:.4f}",
            f"{row['same_calls']} of {row['calling']}",
        ]
        for row in _object(parity)["files"]
    ]
    lines = _table(["file", "same next token", "divergence, nats", "same calls"], rows)
    return "## GGUF files\n\nBeside the checkpoint, in llama.cpp:\n\n" + "\n".join(lines) + "\n"


def _licence(identity: Identity) -> str:
    licence = inherited(identity.base)
    if identity.base is None:
        return f"## Licence\n\n{identity.license}.\n"
    if licence is None:
        return (
            f"## Licence\n\nThe licence of `{identity.base}` is not known here; what it asks for holds for this model, "
            "too. Read it before passing the model on.\n"
        )
    name = licence.name or licence.id
    duties = [f"- {duty}" for duty in licence.duties]
    link = f" ([text]({licence.link}))" if licence.link else ""
    return f"## Licence\n\n{name}{link}, inherited from `{identity.base}`:\n\n" + "\n".join(duties) + "\n"


def unmet_duties(identity: Identity, repository: str) -> list[str]:
    """What of the base's licence a name on the hub does not keep to."""
    licence = inherited(identity.base)
    if licence is None or not licence.prefix:
        return []
    name = repository.rpartition("/")[2]
    return (
        []
        if name.startswith(licence.prefix)
        else [f"the base's licence wants a name that begins with {licence.prefix}"]
    )


def _table(header: list[str], rows: Iterable[list[str]]) -> list[str]:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(header), line(["---"] * len(header)), *map(line, rows)]


def _summary(path: Path) -> dict[str, Any]:
    value = _object(path)
    if not {"domain", "reliability", "baseline", "tasks", "trials"} <= value.keys():
        raise DataError("is no summary of an evaluation", where=path, remedy="Name a summary.json of `lamforge eval`.")
    return value


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON: {error}", where=path) from error
    if not isinstance(value, dict):
        raise DataError(f"is no JSON object: {bounded(value)}", where=path)
    return value


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy="Check the path.") from error
