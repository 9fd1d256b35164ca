"""BFCL's error types as the kinds of error that generation, serving and evaluation share."""

from __future__ import annotations

from typing import Any

from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.verdicts import Verdict, broken_call
from lamforge.formats import get_format

_KINDS = {
    "irrelevance_error": "needless_call",
    "relevance_error": "missing_call",
    "type_error": "invalid_arguments",
    "value_error": "wrong_argument",
    "dict_checker": "wrong_argument",
    "list_dict_checker": "wrong_argument",
}
_DETAILED = {
    "multi_turn:empty_turn_model_response": "missing_call",
    "multi_turn:instance_state_mismatch": "wrong_call",
    "multi_turn:execution_response_mismatch": "wrong_call",
    "multi_turn:force_terminated": "too_long",
    "multi_turn:inference_error": "too_long",
    "simple_function_checker:missing_required": "invalid_arguments",
    "simple_function_checker:missing_optional": "wrong_argument",
    "simple_function_checker:wrong_func_name": "wrong_call",
    "parallel_function_checker_no_order:cannot_find_match": "wrong_argument",
}


def kind_of_fault(task: BfclTask, answer: Any, verdict: Verdict) -> str:
    """The kind of error of a wrong answer; empty for a right one."""
    kind = verdict.error_type
    if verdict.valid:
        return ""
    if task.answer is not None and not task.classes and _unknown(task, answer):
        return "unknown_tool"
    if kind.startswith("ast_decoder"):
        return "unparsable" if broken_call(answer) or kind.endswith("wrong_output_format") else "gave_up"
    if kind.endswith("unexpected_param"):
        return "wrong_argument" if _known(task, verdict.message) else "invalid_arguments"
    if kind.endswith("wrong_count"):
        made = int(number) if (number := verdict.message.split(" ", 1)[0]).isdigit() else 0
        return "extra_call" if made > len(task.answer or []) else "missing_call"
    return _DETAILED.get(kind) or _KINDS.get(kind.partition(":")[0], "wrong_argument")


def _unknown(task: BfclTask, answer: Any) -> bool:
    """Whether the answer calls a function that was not offered; names may have underscores for dots."""
    called = (
        [call.function.name for call in get_format("xlam-qwen").parse(answer).tool_calls or ()]
        if isinstance(answer, str)
        else [name for call in answer if isinstance(call, dict) for name in call]
        if isinstance(answer, list)
        else []
    )
    offered = {str(doc["name"]).replace(".", "_") for doc in task.functions}
    return any(str(name).replace(".", "_") not in offered for name in called)


def _known(task: BfclTask, message: str) -> bool:
    """Whether the parameter that a message quotes is one of the functions'."""
    return any(repr(name) in message for doc in task.functions for name in doc["parameters"].get("properties", {}))
