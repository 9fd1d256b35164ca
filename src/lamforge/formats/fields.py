"""Reading the fields of a message for any format."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from lamforge.errors import DataError, bounded


def text_of(row: dict[str, Any], index: int) -> str:
    """A message's text.

    Raises:
        DataError: if the content is no text.
    """
    content = row.get("content") or ""
    if not isinstance(content, str):
        raise DataError(
            f"the content is no text: {bounded(content)}",
            where=f"messages[{index}]",
            remedy="Join the text of its parts; these models read text alone.",
        )
    return content


def named_call(function: dict[str, Any], index: int) -> dict[str, Any]:
    """A call's name and arguments, in this order; arguments in OpenAI's wire form are read first.

    Raises:
        DataError: if the arguments are no JSON object.
    """
    arguments = function.get("arguments")
    if isinstance(arguments, str):  # printing the string itself would encode it twice
        with contextlib.suppress(ValueError, RecursionError):  # what cannot be read is named below
            arguments = json.loads(arguments or "{}")
    if not isinstance(arguments, dict):
        raise DataError(
            f"the arguments of {bounded(function['name'])} are no JSON object: {bounded(arguments)}",
            where=f"messages[{index}]",
            remedy="Give an object, or a string that holds one.",
        )
    return {"name": function["name"], "arguments": arguments}
