"""`generate domains`: folders of composed domains, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from lamforge.errors import OutputError
from lamforge.generate.composed.business import Business, businesses
from lamforge.generate.composed.parts import Pen
from lamforge.generate.composed.policy_text import policy_text
from lamforge.generate.composed.rule import Book
from lamforge.generate.composed.rules_text import make_rules, rules_text
from lamforge.generate.composed.sketch import sketch
from lamforge.generate.composed.speech_text import wording_text
from lamforge.generate.composed.state import make_state
from lamforge.generate.composed.tools_text import make_parts, tools_text
from lamforge.journal import write_atomically
from lamforge.messages import derived_seed

Progress = Callable[[int, int], None]


@dataclass
class Composed:
    """What was written."""

    out: Path
    domains: int = 0
    tools: int = 0
    kinds: dict[str, int] = field(default_factory=dict)  # business -> domains


def compose_domains(out: Path, *, count: int, seed: int = 0, progress: Progress | None = None) -> Composed:
    """Writes folders `out/0001-library`, each a domain like those that users write; the businesses take turns.

    Raises:
        OutputError: if `out` holds other things, or cannot be written.
    """
    known = businesses()
    made = Composed(out)
    kinds: Counter[str] = Counter()
    try:
        _claim(out, json.dumps({"count": count, "seed": seed}))
        for number in range(count):
            business = known[(number + seed) % len(known)]
            name = f"{number:04}-{business.name.replace('_', '-')}"
            files, tools = compose(business, name, random.Random(derived_seed("composed", seed, number)))
            (out / name).mkdir(exist_ok=True)
            for file, text in files.items():
                (out / name / file).write_text(text, encoding="utf-8")
            kinds[business.name] += 1
            made.domains, made.tools = made.domains + 1, made.tools + tools
            if progress is not None:
                progress(number + 1, count)
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", where=out, remedy="Choose a folder that you may write to."
        ) from error
    made.kinds = dict(kinds)
    return made


def _claim(out: Path, config: str) -> None:
    """Makes the folder, or sees that the one that is there holds nothing but the same domains."""
    marker = out / "composed.json"
    if out.exists() and any(out.iterdir()) and not (marker.exists() and marker.read_text(encoding="utf-8") == config):
        raise OutputError("is not empty", where=out, remedy="Name a folder that does not exist yet.")
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(marker, config)


def compose(business: Business, name: str, rng: random.Random) -> tuple[dict[str, str], int]:
    """({file: text}, number of tools) of one domain."""
    drawn = sketch(business, rng)
    tables = make_state(drawn, rng)
    if drawn.hand_over:
        tables["handovers"] = {}
    pen = Pen(drawn, rng)
    parts = make_parts(pen)
    rules = make_rules(Book(drawn, parts, rng))
    header = {"name": name, "description": f"{drawn.firm}: {business.about}.", "owner": drawn.person.name}
    files = {
        "domain.yaml": yaml.safe_dump(header, sort_keys=False, allow_unicode=True),
        "policy.md": policy_text(drawn, rules, rng),
        "state.json": _state_text(tables),
        "tools.py": tools_text(pen, parts),
        "rules.py": rules_text(drawn.firm, rules),
        "wording.yaml": wording_text(drawn, parts, tables, rng),
    }
    return files, len(parts)


def _state_text(tables: dict[str, dict[str, dict[str, object]]]) -> str:
    """The state with one record on each line."""
    pieces = []
    for table, records in tables.items():
        lines = [f"{json.dumps(key)}: {json.dumps(record, ensure_ascii=False)}" for key, record in records.items()]
        pieces.append(f"{json.dumps(table)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(pieces) + "\n}\n"
