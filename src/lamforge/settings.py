"""Configuration: one YAML file and `key=value` overrides, checked against a pydantic model."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from lamforge.errors import UsageError, bounded

Model = TypeVar("Model", bound=BaseModel)
_ALIKE = 0.7  # likeness of two keys that may be meant for each other
_TOLD = 3  # keys that are named then


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
        if first["type"] == "extra_forbidden":
            raise UsageError(f"there is no key {place}", where=path, remedy=_nearest(model, place)) from error
        if first["type"] == "value_error":  # a rule of ours, which says all: the section as a whole is no help
            what = str(first["ctx"]["error"])
            raise UsageError(f"{place}: {what}" if place else what, where=path) from error
        raise UsageError(f"{place}: {first['msg']}, got {bounded(first['input'])}", where=path) from error


def _nearest(model: type[BaseModel], place: str) -> str:
    """Which keys there are instead of one that does not exist: those like it, or those of its section."""
    keys = list(_keys(model))
    section, _, wrong = place.rpartition(".")
    likeness = {key: SequenceMatcher(None, key.rpartition(".")[2], wrong[:100]).ratio() for key in keys}
    alike = [key for key in keys if likeness[key] >= _ALIKE]
    alike.sort(key=lambda key: (key.rpartition(".")[0] != section, -likeness[key]))
    if alike:
        return f"The nearest are {', '.join(alike[:_TOLD])}."
    beside = [key for key in keys if key.rpartition(".")[0] == section]
    return f"Keys are {', '.join(beside or keys)}."


def _keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """The keys of a model and of the sections in it, with dots; of a list the first entry's."""
    for name, field in model.model_fields.items():
        yield before + name
        for inner, listed in _models(field.annotation):
            yield from _keys(inner, f"{before}{name}.0." if listed else f"{before}{name}.")


def _models(annotation: Any, listed: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    """(a model in an annotation, whether in a list)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, listed
    for inner in get_args(annotation):
        yield from _models(inner, listed or get_origin(annotation) is list)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        told = "there is no such file" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise UsageError(told, where=path) from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:  # ValueError: a date that is none
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
