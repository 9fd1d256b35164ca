"""The small working domain that `lamforge init` writes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from lamforge.errors import OutputError

TEMPLATE = Path(__file__).parent / "template"


def write_template(folder: Path) -> list[Path]:
    """Writes the files of a small working domain: each whole, and none before all can be.

    Returns:
        The files written.
    Raises:
        OutputError: if the folder holds something already, or cannot be written.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("is not empty", where=folder, remedy="Name a folder that does not exist yet.")
    names = [path.name for path in sorted(TEMPLATE.iterdir()) if path.is_file()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".init-") as scratch:
            for name in names:
                text = (TEMPLATE / name).read_text(encoding="utf-8")
                named = text.replace("name: template", f"name: {json.dumps(folder.name, ensure_ascii=False)}")
                (Path(scratch) / name).write_text(named, encoding="utf-8")
            for name in names:
                (Path(scratch) / name).replace(folder / name)
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", where=folder, remedy="Choose a folder that you may write to."
        ) from error
    return [folder / name for name in names]
