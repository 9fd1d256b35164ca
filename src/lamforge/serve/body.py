"""Request bodies: read within bounds, and checked field by field."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from lamforge.serve.refusal import Refused, unsupported

MAX_BYTES = 8 * 1024 * 1024

Body = TypeVar("Body", bound="Fields")


class Fields(BaseModel):
    """A request's fields; subclasses say which they are. `ignored` change no answer; `defaults` may say what is so."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def ignored(cls) -> set[str]:
        """Fields that are accepted and have no effect on an answer."""
        return {"user", "metadata", "store", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"}

    @classmethod
    def defaults(cls) -> dict[str, list[Any]]:
        """Fields that are accepted if they ask for what is done anyway."""
        return {"service_tier": ["auto", "default"], "background": [False], "include": [[]]}


async def read_body(request: Request, kind: type[Body]) -> Body:
    """The fields of a request.

    Raises:
        Refused: naming the field that is wrong, unknown or not supported.
    """
    raw = await _raw(request)
    try:
        value = json.loads(raw, parse_constant=_no_number)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair can be escaped, and is no text
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise Refused(400, f"the body is not JSON: {type(error).__name__}: {str(error)[:200]}") from error
    if not isinstance(value, dict):
        raise Refused(400, "the body is no JSON object")
    for field in list(value):
        known = kind.defaults().get(field)
        if field in kind.model_fields:
            continue
        asked = _asked(value[field])
        if field in kind.ignored() or asked is None or (known is not None and asked in known):
            del value[field]
        elif known is not None:
            raise unsupported(field)
        else:
            raise Refused(400, f"unknown field {field[:100]!r}", field=field[:100], code="unknown_parameter")
    try:
        return kind.model_validate({key: item for key, item in value.items() if item is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Refused(400, f"{place(first['loc'])}: {first['msg']}", field=place(first["loc"])) from error


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _asked(value: Any) -> Any:
    """A field's value without entries that are null, which ask for nothing."""
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


def place(parts: tuple[int | str, ...]) -> str:
    """A path such as messages[0].content."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")[:200]


async def _raw(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    too_large = Refused(413, f"the body is larger than {MAX_BYTES} bytes", code="request_too_large")
    if declared.isdecimal() and (len(declared) > 12 or int(declared) > MAX_BYTES):
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise too_large
        parts.append(part)
    return b"".join(parts)
