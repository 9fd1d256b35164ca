"""Configuration: one YAML file and `key=value` overrides, checked against a pydantic model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lamforge.errors import UsageError, bounded

Model = TypeVar("Model", bound=BaseModel)


def load_settings(model: type[Model], path: Path | None, overrides: list[str] | None = None) -> Model:
    """The settings of a file, or the defaults; an override such as "training.epochs=2" or "judges.0.engine=nano" wins.

    Raises:
        UsageError: naming the file and the key that is wrong.
    """
    values = _mapping(path) if path is not None else {}
    for override in overrides or ():
        _set(values, override)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{place}: {first['msg']}, got {bounded(first['input'])}", where=path) from error


def _mapping(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:  # ValueError: a date that is none
        raise UsageError(f"cannot be read as YAML: {error}", where=path) from error
    if not isinstance(values, dict):
        raise UsageError("must be a mapping", where=path)
    return values


def _set(values: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key:
        raise UsageError(f"{bounded(override)} is no override", remedy="Write key=value, such as training.epochs=2.")
    *sections, last = key.split(".")
    try:
        inner: Any = values
        for section in sections:
            inner = inner[int(section)] if isinstance(inner, list) else inner.setdefault(section, {})
            if not isinstance(inner, (dict, list)):
                raise UsageError(f"{section} in {bounded(override)} is no section")
        inner[int(last) if isinstance(inner, list) else last] = yaml.safe_load(text)
    except (RecursionError, yaml.YAMLError) as error:
        raise UsageError(f"{bounded(override)} is no YAML value: {getattr(error, 'problem', error)}") from error
    except (ValueError, IndexError) as error:
        raise UsageError(f"{bounded(override)} names no entry of a list: {error}") from error
