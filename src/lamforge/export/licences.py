"""What a model that was trained from another one owes to it: the licence, a notice, a name.

The terms are the makers', in the LICENSE files beside their models; this table says what to look at there. Numbers and
conditions that may change are not repeated: the card points to the text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from lamforge.export.identity import Identity, read_identity, recipe_of

_QWEN_LINK = "https://huggingface.co/Qwen/Qwen2.5-{size}-Instruct/blob/main/LICENSE"


UNKNOWN = "unknown"  # as the hub has it


class Licence(NamedTuple):
    """A licence as the hub names it, and what it asks of who passes the model on."""

    id: str  # the hub's
    name: str | None = None  # where the id is "other"
    link: str | None = None
    duties: tuple[str, ...] = ()
    notice: str | None = None  # text of a NOTICE file
    prefix: str | None = None  # that the model's name must begin with


APACHE = Licence("apache-2.0", duties=("Pass on the licence's text and say what was changed.",))
_NONCOMMERCIAL = (
    "Not for commercial use; name Salesforce AI Research as the maker of xLAM-2, and say what was changed: "
    "see https://creativecommons.org/licenses/by-nc/4.0/legalcode and the card of the model."
)
_LLAMA_LINK = "https://www.llama.com/llama3_1/license/"
_LLAMA = Licence(
    "llama3.1",
    link=_LLAMA_LINK,
    duties=(
        'Show "Built with Llama" where the model is offered, and begin its name with "Llama".',
        "Pass on the Llama 3.1 Community License and the NOTICE file, and keep to its Acceptable Use Policy.",
        f"For services with very many users the terms differ: see {_LLAMA_LINK}",
    ),
    notice=(
        "Llama 3.1 is licensed under the Llama 3.1 Community License, Copyright © Meta Platforms, Inc. "
        "All Rights Reserved.\n"
    ),
    prefix="Llama",
)
_QWEN_3B = Licence(
    "other",
    name="qwen-research",
    link=_QWEN_LINK.format(size="3B"),
    duties=(
        f"Not for commercial use without a licence of Alibaba Cloud's own: see {_QWEN_LINK.format(size='3B')}",
        'Show "Built with Qwen" or "Improved using Qwen" where the model is described.',
        "Pass on the Qwen Research License Agreement and the NOTICE file, and say what was changed.",
    ),
    notice=(
        "Qwen is licensed under the Qwen RESEARCH LICENSE AGREEMENT, Copyright (c) Alibaba Cloud. "
        "All Rights Reserved.\n"
    ),
)
_QWEN_72B = Licence(
    "other",
    name="qwen",
    link=_QWEN_LINK.format(size="72B"),
    duties=(
        f"For services with very many users the terms differ: see {_QWEN_LINK.format(size='72B')}",
        "Pass on the Qwen License Agreement and the NOTICE file, and say what was changed.",
    ),
    notice="Qwen is licensed under the Qwen LICENSE AGREEMENT, Copyright (c) Alibaba Cloud. All Rights Reserved.\n",
)


def _salesforce(under: Licence) -> Licence:
    """xLAM-2's own licence on top of its base's."""
    return under._replace(id="cc-by-nc-4.0", name=None, link=None, duties=(_NONCOMMERCIAL, *under.duties))


# The first whose words all stand in the base's name, small letters throughout.
_BASES: tuple[tuple[tuple[str, ...], Licence], ...] = (
    (("llama-xlam-2",), _salesforce(_LLAMA)),
    (("xlam-2-3b",), _salesforce(_QWEN_3B)),
    (("xlam-2-",), _salesforce(APACHE)),
    (("llama-3.1",), _LLAMA),
    (("qwen2.5-", "-3b"), _QWEN_3B),  # Qwen2.5-Coder-3B and Qwen2.5-VL-3B, too
    (("qwen2.5-", "-72b"), _QWEN_72B),
    (("qwen2.5-",), APACHE),
)


def licence_id(identity: Identity) -> str | None:
    """The licence of a model as the hub names it: its base's, or its own if it has no base; None if none was chosen."""
    licence = inherited(identity.base)
    if licence is not None:
        return licence.id
    return identity.license if identity.base is None else UNKNOWN


def inherited(base: str | None) -> Licence | None:
    """What a base obliges to: "owner/name" or a folder.

    Of a folder whose name says nothing: what it was itself trained from obliges to, however long that line is; else
    what its card says; else, if it was trained here from new weights, its recipe's licence.
    """
    seen: set[str] = set()
    while base is not None and base not in seen:
        seen.add(base)
        name = base.rstrip("/").rpartition("/")[2].lower()
        for words, licence in _BASES:
            if all(word in name for word in words):
                return licence
        origin = recipe_of(Path(base)).get("base")
        if not isinstance(origin, str):
            return _stated(Path(base))
        base = origin.removeprefix("hf:")
    return None


def _stated(folder: Path) -> Licence | None:
    """What a folder says of its licence."""
    card = front_matter(folder / "README.md")
    if isinstance(card.get("license"), str):
        return Licence(card["license"], card.get("license_name"), card.get("license_link"))
    chosen = read_identity(folder).license
    return Licence(chosen) if chosen else None


def front_matter(path: Path) -> dict[str, Any]:
    """The YAML between the first two lines of three dashes of a card; empty if there is none."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        head = text.removeprefix("---\n").partition("\n---")[0] if text.startswith("---\n") else ""
        value = yaml.safe_load(head)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}
