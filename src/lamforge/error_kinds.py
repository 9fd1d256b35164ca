"""What can be wrong with what a model did: one list for generation, serving and evaluation, found by rules, no judge.

Failures of the infrastructure are not among them: what an engine broke has no answer that could be wrong.
"""

from __future__ import annotations

# In order of precedence: of several that hold, the first is the main kind.
ERROR_KINDS = {
    "not_replayable": "a tool answered differently in the replay, so nothing else can be judged",
    "too_long": "the conversation hit the limit of turns or of the model's context",
    "unparsable": "something that was meant as a call cannot be read as one",
    "unknown_tool": "a tool was called that was not offered",
    "invalid_arguments": "a call's arguments break the tool's schema",
    "policy_broken": "a rule of the policy was broken",
    "needless_call": "something was called where nothing should have been",
    "wrong_argument": "the right call was made or tried, with other arguments than expected",
    "wrong_call": "another call was made or tried than the expected one",
    "gave_up": "not one call succeeded, though the task needs more than words",
    "missing_call": "an expected call was never tried",
    "extra_call": "all expected calls were made, and more than those",
    "output_missing": "the right things were done, but the user was not told what was asked for",
}

UNKNOWN_TOOL = "unknown tool"  # what the problem of such a call begins with
BREAKS_OFF = "it breaks off"


def problem_kind(problem: str) -> str:
    """The kind of a problem that `lamforge.engines` has found with a call."""
    if problem.startswith(UNKNOWN_TOOL):
        return "unknown_tool"
    return "unparsable" if problem.startswith(BREAKS_OFF) else "invalid_arguments"
