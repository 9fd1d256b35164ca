"""A model's card: README.md with the front matter that the hub reads, made of what the files say.

Nothing in it is claimed that no file holds: what was not checked or measured is said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.export.card_data import described
from lamforge.export.card_results import indexed, read_summary, results_section
from lamforge.export.identity import Identity
from lamforge.export.licences import inherited, licence_id
from lamforge.export.parity_report import FOLDER_REPORT
from lamforge.export.texts import markdown_table, read_object, read_text, without_paths
from lamforge.journal import write_atomically

_TAGS = ["tool-calling", "function-calling", "large-action-model", "lamforge"]
_CURVE = "loss.png"


@dataclass(frozen=True)
class Sources:
    """The files that a card is made of."""

    data: list[Path] = field(default_factory=list)  # trajectories that it was trained on
    mix: Path | None = None  # the YAML of their mix
    decontamination: Path | None = None  # the report, as Markdown or JSON
    results: list[Path] = field(default_factory=list)  # folders of evaluations, or their summary.json
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
    summaries = [read_summary(path) for path in sources.results]
    parts = [
        f"---\n{_front_matter(identity, sources, summaries)}---\n",
        _lead(folder, identity, format_id, repository),
        _data(sources),
        _training(folder),
        _decontamination(sources.decontamination),
        results_section(summaries),
        _parity("Weights", "transformers", "encoding", folder / FOLDER_REPORT),
        _parity("GGUF files", "llama.cpp", "file", sources.parity),
        _licence(identity),
    ]
    write_atomically(folder / "README.md", without_paths("\n".join(part for part in parts if part)))
    if licence is not None and licence.notice:
        write_atomically(folder / "NOTICE", licence.notice)
    return folder / "README.md"


def _front_matter(identity: Identity, sources: Sources, summaries: list[dict[str, Any]]) -> str:
    import yaml

    licence = inherited(identity.base)
    chosen = licence_id(identity)
    head: dict[str, Any] = {"license": chosen} if chosen else {}
    if licence is not None and licence.name:
        head |= {"license_name": licence.name, "license_link": licence.link}
    head |= {"language": ["en"], "library_name": "transformers", "pipeline_tag": "text-generation", "tags": _TAGS}
    if identity.hub_base:
        head |= {"base_model": identity.hub_base, "base_model_relation": "finetune"}
    if sources.datasets:
        head["datasets"] = sources.datasets
    complete = [each for each in summaries if each["complete"] and not each.get("part")]
    if complete:
        head["model-index"] = [{"name": identity.name, "results": [indexed(summary) for summary in complete]}]
    return str(yaml.safe_dump(head, sort_keys=False, allow_unicode=True))


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
    lines += [described(path) for path in sources.data]
    if sources.mix is not None:
        lines.append(f"\nMixed as:\n\n```yaml\n{read_text(sources.mix).strip()}\n```")
    return "\n".join(lines) + "\n"


def _training(folder: Path) -> str:
    lines = ["## Training\n"]
    result = folder / "result.json"
    if result.is_file():
        known = read_object(result)
        rows = [(key.replace("_", " "), value) for key, value in known.items() if isinstance(value, int | float | str)]
        lines += markdown_table(
            ["", ""], [[name, f"{value:,}" if type(value) is int else str(value)] for name, value in rows]
        )
    if (folder / _CURVE).is_file():
        lines.append(f"\n![The loss over the run]({_CURVE})")
    if (folder / "recipe.yaml").is_file():
        lines.append(f"\n```yaml\n{read_text(folder / 'recipe.yaml').strip()}\n```")
    return "\n".join(lines) + "\n" if len(lines) > 1 else ""


def _decontamination(report: Path | None) -> str:
    if report is None:
        return "## Decontamination\n\nThe data were not compared with benchmarks when this card was written.\n"
    if report.suffix == ".md":
        text = read_text(report).strip()
        return f"{text}\n" if text.startswith("#") else f"## Decontamination\n\n{text}\n"
    known = read_object(report)
    rows = [[key.replace("_", " "), str(value)] for key, value in known.items() if isinstance(value, int | float | str)]
    return "## Decontamination\n\n" + "\n".join(markdown_table(["", ""], rows)) + "\n"


def _parity(title: str, engine: str, name: str, report: Path | None) -> str:
    """A report's rows, each called by its `name`; nothing where there is no report."""
    if report is None or not report.is_file():
        return ""
    rows = [
        [
            f"`{row[name]}`",
            f"{100 * row['agreement']:.1f} %",
            f"{row['divergence']:.4f}",
            f"{row['same_calls']} of {row['calling']}" if row["calling"] else "no prompt was answered with a call",
        ]
        for row in read_object(report)["files"]
    ]
    lines = markdown_table([name, "same next token", "divergence, nats", "same calls"], rows)
    return f"## {title}\n\nBeside the checkpoint, in {engine}:\n\n" + "\n".join(lines) + "\n"


def _licence(identity: Identity) -> str:
    licence = inherited(identity.base)
    if identity.base is None:
        told = identity.license or "No licence was chosen: set `license` in the recipe"
        return f"## Licence\n\n{told}.\n"
    if licence is None:
        return (
            f"## Licence\n\nThe licence of `{identity.base}` is not known here; what it asks for holds for this model, "
            "too. Read it before passing the model on.\n"
        )
    name = licence.name or licence.id
    duties = [f"- {duty}" for duty in licence.duties]
    link = f" ([text]({licence.link}))" if licence.link else ""
    told = f"## Licence\n\n{name}{link}, inherited from `{identity.base}`"
    return f"{told}:\n\n" + "\n".join(duties) + "\n" if duties else f"{told}.\n"


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
