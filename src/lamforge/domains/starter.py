"""The small working domain that `lamforge init` writes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lamforge.errors import OutputError

TEMPLATE = Path(__file__).parent / "template"


def write_template(folder: Path) -> list[Path]:
    """Writes the files of a small working domain, all or none.

    Returns:
        The files written.
    Raises:
        OutputError: if the folder holds something already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("is not empty", where=folder, remedy="Name a folder that does not exist yet.")
    names = [path.name for path in sorted(TEMPLATE.iterdir()) if path.is_file()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".init-") as scratch:
            whole = Path(scratch) / folder.name
            whole.mkdir()
            for name in names:
                text = (TEMPLATE / name).read_text(encoding="utf-8")
                (whole / name).write_text(text.replace("name: template", f"name: {folder.name}"), encoding="utf-8")
            if folder.exists():
                folder.rmdir()
            shutil.move(str(whole), folder)
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", where=folder, remedy="Choose a folder that you may write to."
        ) from error
    return [folder / name for name in names]
