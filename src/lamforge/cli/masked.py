"""`lamforge data show --mask`: what of a conversation is trained, token by token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from lamforge.cli.console import out, print_json, printable, summary_table

if TYPE_CHECKING:
    from lamforge.messages import Trajectory

_TRAINED = ("black on green", "black on bright_green")  # in turn, so that tokens can be told apart
_READ = ("", "dim")


def show_mask(place: str, trajectory: Trajectory, model: Path, format: str | None, as_json: bool) -> None:
    """Prints the conversation as the model's tokenizer reads it; what has a loss is green.

    Raises:
        TrainingError: if the folder has no tokenizer of the format's family.
        DataError: if training would refuse the conversation, with its reason.
    """
    from lamforge.train import require_train_extra

    require_train_extra("a mask")
    from lamforge.train.masking import mask_of

    pieces, fmt = mask_of(trajectory, model, format)
    trained = sum(each.trained for each in pieces)
    if as_json:
        print_json({"format": fmt, "tokens": len(pieces), "trained": trained, "mask": [list(each) for each in pieces]})
        return
    rows: list[tuple[str, object]] = [("format", fmt), ("tokens", f"{len(pieces):,}, {trained:,} of them trained")]
    summary_table(place, [("trajectory", trajectory.trajectory_id), *rows])
    text = Text()
    for number, piece in enumerate(pieces):
        styles = _TRAINED if piece.trained else _READ
        shown = printable(piece.text)
        text.append(shown, style=styles[number % 2])
    out.print(text, soft_wrap=True)
    out.print("\ntrained", style=_TRAINED[0], end=" ")
    out.print("is what the assistant wrote; all else is only read.", style="dim")
