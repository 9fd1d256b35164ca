"""What completes a prompt: llama.cpp in a child process, any OpenAI-compatible endpoint, or a script."""

from lamforge.engines.base import (
    BusyError,
    ContextError,
    Delta,
    GivenUpError,
    Model,
    Options,
    RefusalError,
    collect,
    join,
)
from lamforge.engines.calls import Call, Joined, arguments_of, field_of
from lamforge.engines.open import open_model
from lamforge.engines.scripted import ScriptedModel

__all__ = [
    "BusyError",
    "Call",
    "ContextError",
    "Delta",
    "GivenUpError",
    "Joined",
    "Model",
    "Options",
    "RefusalError",
    "ScriptedModel",
    "arguments_of",
    "collect",
    "field_of",
    "join",
    "open_model",
]
