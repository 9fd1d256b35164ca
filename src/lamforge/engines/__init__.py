"""What completes a prompt: llama.cpp in a child process, any OpenAI-compatible endpoint, or a script."""

from lamforge.engines.base import BusyError, ContextError, Delta, Model, Options, RefusalError, collect
from lamforge.engines.open import open_model
from lamforge.engines.scripted import ScriptedModel

__all__ = [
    "BusyError",
    "ContextError",
    "Delta",
    "Model",
    "Options",
    "RefusalError",
    "ScriptedModel",
    "collect",
    "open_model",
]
