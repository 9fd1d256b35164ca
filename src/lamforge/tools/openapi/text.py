"""JSON or YAML as plain JSON values. YAML is read as version 1.2 means it: `no` is a word and a date is a text."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from lamforge.errors import DataError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Builds plain values and nothing else."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for _tag, _pattern, _first in (  # the core schema of YAML 1.2, section 10.3.2, without octal numbers
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


def parse_text(text: str, where: object) -> Any:
    """The value of a JSON or YAML text; keys of objects are strings.

    Raises:
        DataError: if it is neither, with the line.
    """
    try:
        if text.lstrip()[:1] in ("{", "["):
            return json.loads(text)
    except ValueError as error:
        if text.lstrip()[:1] == "{" and '"' in text[:200]:
            raise DataError(f"is not JSON: {error}", where=where) from error
    except RecursionError as error:
        raise DataError("is nested too deep", where=where) from error
    try:
        return _with_text_keys(yaml.load(text, Loader=_Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark else where
        raise DataError(f"is not YAML: {getattr(error, 'problem', None) or error}", where=place) from error
    except (RecursionError, ValueError, TypeError) as error:
        raise DataError(f"is not YAML: {error}", where=where) from error


def _with_text_keys(value: Any) -> Any:
    """The same value with every key a string, such as the status 200; changed in place, aliases and all."""
    stack, seen = [value], set()
    while stack:
        node = stack.pop()
        if not isinstance(node, (dict, list)) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            for key in [key for key in node if not isinstance(key, str)]:
                node[str(key)] = node.pop(key)
        stack += node.values() if isinstance(node, dict) else node
    return value
