"""Whether a value is one of the alternatives in a possible answer: BFCL's comparisons by type.

The rules, oddities included, are those of the official AST checker; where they differ from what one would expect, a
comment says so. `Fault` is what it says on the first value that is wrong.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_IGNORED = str.maketrans(dict.fromkeys(" ,./-_*^"))


class Fault(NamedTuple):
    """Why a call is wrong; `kind` is the official error type."""

    kind: str
    message: str


def normalised(text: str) -> str:
    """A text without case, spaces and some punctuation, with one kind of quotes."""
    return text.translate(_IGNORED).lower().replace("'", '"')


def loosely(value: Any) -> Any:
    """A value as it is compared: normalised if it is a text."""
    return normalised(value) if type(value) is str else value


class Typed(NamedTuple):
    """Whether a value has the right type; a variable's name may stand for any value if an answer is one, too."""

    fault: Fault | None
    is_variable: bool = False


def typed(name: str, value: Any, alternatives: list[Any], written: str, kind: type, inner: type | None) -> Typed:
    """Compares the value's type with the document's, and with the type of the first alternative.

    Args:
        written: The type as the document writes it, for messages.
        kind: The type that it stands for; `bool` is no `int` here.
        inner: The type of a list's elements, one level deep.
    """
    answered = _type_of_first(alternatives)
    is_variable = answered is not None and answered is not kind
    if type(value) is kind:
        if inner is None or any(_all_typed(name, value, each, inner) for each in alternatives):
            return Typed(None, is_variable)
        fault = Fault("type_error:nested", f"{name!r}: not every element is a {inner.__name__}")
        if answered is type(value):
            return Typed(fault, True)
        return Typed(fault._replace(kind="type_error:simple"))
    if answered is type(value):
        return Typed(None, True)
    message = f"{name!r}: {written} is expected, not {type(value).__name__}"
    return Typed(Fault("type_error:simple", message))


def _type_of_first(alternatives: list[Any]) -> type | None:
    return next((type(each) for each in alternatives if each != ""), None)


def _all_typed(name: str, value: Any, alternative: Any, inner: type) -> bool:
    if type(alternative) is not list:  # such as a variable's name: then any elements will do
        return True
    return all(typed(name, item, alternative, inner.__name__, inner, None).fault is None for item in value)


def text_fault(name: str, value: str, alternatives: list[Any]) -> Fault | None:
    """Compares texts; alternatives of other types never match."""
    if normalised(value) in [normalised(each) for each in alternatives if type(each) is str]:
        return None
    return Fault("value_error:string", _not_among(name, value, alternatives))


def list_fault(name: str, value: list[Any], alternatives: list[Any]) -> Fault | None:
    """Compares lists in order; only texts directly in them are normalised. An alternative "" is the empty list."""
    if [loosely(item) for item in value] in [[loosely(item) for item in each] for each in alternatives]:
        return None
    return Fault("value_error:list/tuple", _not_among(name, value, alternatives))


def dict_fault(name: str, value: dict[str, Any], alternatives: list[Any]) -> Fault | None:
    """Compares objects, whose fields have alternatives of their own; one with "" among them may be left out."""
    fault: Fault | None = Fault("dict_checker:unclear", f"{name!r}: no alternative is an object")
    for alternative in alternatives:
        if alternative == "":
            continue
        fault = _fields_fault(value, alternative)
        if fault is None:
            return None
    return fault


def _fields_fault(value: dict[str, Any], alternative: dict[str, Any]) -> Fault | None:
    fault = None
    for key, item in value.items():
        if key not in alternative:
            fault = Fault("value_error:dict_key", f"unexpected key {key!r}")
            break
        if loosely(item) not in [loosely(each) for each in alternative[key]]:
            fault = Fault("value_error:dict_value", _not_among(key, item, alternative[key]))
            break
    for key, among in alternative.items():
        if key not in value and "" not in among:  # officially said even where a value was wrong before
            return Fault("value_error:dict_key", f"missing key {key!r}")
    return fault


def objects_fault(name: str, value: list[Any], alternatives: list[Any]) -> Fault | None:
    """Compares lists of objects, in order."""
    fault: Fault | None = Fault("list_dict_checker:unclear", f"{name!r}: there are no alternatives")
    for alternative in alternatives:
        if len(value) != len(alternative):
            message = f"{name!r}: {len(alternative)} objects are expected, not {len(value)}"
            fault = Fault("value_error:list_dict_count", message)
            continue
        faults = (dict_fault(name, item, [each]) for item, each in zip(value, alternative, strict=True))
        fault = next((found for found in faults if found is not None), None)
        if fault is None:
            return None
    return fault


def other_fault(name: str, value: Any, alternatives: list[Any]) -> Fault | None:
    """Compares numbers, truth values and variables, as Python does."""
    return None if value in alternatives else Fault("value_error:others", _not_among(name, value, alternatives))


def _not_among(name: str, value: Any, alternatives: list[Any]) -> str:
    return f"{name!r}: {_short(value)} is none of {_short(alternatives)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:299]}…"
