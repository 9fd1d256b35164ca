"""The seed pool's beginning: items that somebody wrote or that an earlier run made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError, field_validator

from lamforge.errors import DataError
from lamforge.generate.single.records import Answer, Style


class _Seed(BaseModel):
    """What of a line is used; answers may be a JSON string, as in xlam-function-calling-60k."""

    query: str = Field(min_length=1, max_length=4000)
    answers: list[Answer] = Field(max_length=16)
    style: Style = "simple"
    reply: str | None = None

    @field_validator("answers", mode="before")
    @classmethod
    def _text_is_json(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value


def load_seeds(path: Path | None) -> list[dict[str, Any]]:
    """The items of a JSONL file, as a generator is shown them; none without a file.

    Raises:
        DataError: naming the file and the line that is wrong.
    """
    if path is None:
        return []
    remedy = 'Write {"query": ..., "answers": [{"name": ..., "arguments": {...}}]} on each line.'
    found = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                try:
                    found.append(_Seed.model_validate_json(line).model_dump(exclude_none=True))
                except ValidationError as error:
                    first = error.errors(include_url=False)[0]
                    place = ".".join(map(str, first["loc"])) or "the line"
                    raise DataError(f"{place}: {first['msg']}", where=f"{path}:{number}", remedy=remedy) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy=remedy) from error
    return found
