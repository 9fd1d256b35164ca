from __future__ import annotations
from functools import lru_cache
from typing import Any
import jsonschema_rs
from lamforge.messages import canonical_json

_CACHE: dict[int, Any] = {}

def validate_arguments(parameters: dict[str, Any], arguments: dict[str, Any]) -> list[str]:
    v = _CACHE.get(id(parameters))
    if v is None or v[0] is not parameters:
        v = (parameters, jsonschema_rs.validator_for(parameters)); _CACHE[id(parameters)] = v
    if v[1].is_valid(arguments):
        return []
    return [e.message for e in v[1].iter_errors(arguments)]
