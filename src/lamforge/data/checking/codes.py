"""What may be wrong with a trajectory: a code, whether it is an error, and what it means."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """An error makes a conversation unfit to learn from; a warning may be meant so."""

    error: bool
    meaning: str


CODES = {
    "unreadable": Code(True, "the record is no JSON, or no trajectory"),
    "duplicate_id": Code(True, "an earlier record has the same `trajectory_id`"),
    "no_assistant": Code(True, "the assistant says nothing in it"),
    "benchmark_item": Code(True, "it was imported from a benchmark's results, which no model may learn from"),
    "held_out": Code(True, "it was played on a held-out task, by which models are scored"),
    "late_system": Code(True, "a system message does not stand at the beginning"),
    "empty_message": Code(True, "an assistant's message has neither text nor calls"),
    "misplaced_field": Code(True, "calls that are not the assistant's, or a `tool_call_id` that is no result's"),
    "missing_id": Code(True, "a call has no id, or a result no `tool_call_id`"),
    "repeated_id": Code(True, "two calls have the same id"),
    "result_without_call": Code(True, "a result's `tool_call_id` is of no call that waits for one"),
    "call_without_result": Code(True, "the conversation goes on before a call has its result"),
    "bad_tool": Code(True, "a tool has no usable name or JSON Schema"),
    "duplicate_tool": Code(True, "two of the tools have the same name"),
    "unknown_tool": Code(True, "a tool is called that was not offered"),
    "invalid_arguments": Code(True, "a call's arguments do not fit the tool's schema"),
    "too_long": Code(True, "it has more tokens than the context has (with `--tokenizer`)"),
    "not_rendered": Code(True, "the format cannot write it (with `--tokenizer`)"),
    "replay_differs": Code(True, "a call has another result when it is made again (with `--replay`)"),
    "verdict_differs": Code(True, "the verdict is another one when it is made again (with `--replay`)"),
    "replay_failed": Code(True, "its task cannot be carried out in this domain (with `--replay`)"),
    "same_speaker": Code(False, "the user, or the assistant without a call, speaks twice in a row"),
    "unanswered_user": Code(False, "it ends with a message of the user"),
    "unanswered_result": Code(False, "it ends with a tool's result"),
    "text_not_rendered": Code(False, "a text beside a call, which the format does not write: it is not learnt"),
    "not_replayed": Code(False, "its domain or its task is not at hand (with `--replay`)"),
}
