from __future__ import annotations
import inspect
from typing import Any, get_type_hints
from docstring_parser import parse
from pydantic import TypeAdapter

def function_schema(fn, hidden=("state",)) -> dict[str, Any]:
    doc = parse(inspect.getdoc(fn) or "")
    notes = {p.arg_name: p.description for p in doc.params}
    hints = get_type_hints(fn)
    props, req = {}, []
    for n, p in inspect.signature(fn).parameters.items():
        if n in hidden: continue
        s = TypeAdapter(hints[n]).json_schema()
        if notes.get(n): s["description"] = notes[n]
        props[n] = s
        if p.default is inspect.Parameter.empty: req.append(n)
    return {"type": "function", "function": {"name": fn.__name__, "description": doc.short_description, "parameters": {"type": "object", "properties": props, "required": req, "additionalProperties": False}}}

def bare(t): return t.get("function", t)
