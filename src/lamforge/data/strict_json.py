"""JSON without what Python adds to it: NaN and infinities are no JSON, and no file of ours may hold them."""

from __future__ import annotations

import json
from typing import Any


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse)


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: if it is none.
        RecursionError: if it is nested too deep.
    """
    return DECODER.decode(text if isinstance(text, str) else text.decode("utf-8"))
