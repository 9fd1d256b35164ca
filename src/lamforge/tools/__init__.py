"""What a model may call: JSON Schema from Python functions, validation of arguments, tools from files."""

from lamforge.tools.names import spaced
from lamforge.tools.schema import argument_types, function_schema
from lamforge.tools.shapes import bare, described, load_tools, wrapped
from lamforge.tools.untrusted import check_schema, check_tool
from lamforge.tools.validation import ArgumentCheck, call_problems, compile_validator, validate_arguments

__all__ = [
    "ArgumentCheck",
    "argument_types",
    "bare",
    "call_problems",
    "check_schema",
    "check_tool",
    "compile_validator",
    "described",
    "function_schema",
    "load_tools",
    "spaced",
    "validate_arguments",
    "wrapped",
]
