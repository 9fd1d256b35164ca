"""What completes a prompt: llama.cpp in a child process, any OpenAI-compatible endpoint, or a script."""

from lamforge.engines.base import ContextError, Delta, Model, Options, collect
from lamforge.engines.open import open_model
from lamforge.engines.scripted import ScriptedModel

__all__ = ["ContextError", "Delta", "Model", "Options", "ScriptedModel", "collect", "open_model"]
