"""What completes a prompt: llama.cpp in a child process, any OpenAI-compatible endpoint, or a script."""

from lamforge.engines.base import ContextError, Delta, Model, collect

__all__ = ["ContextError", "Delta", "Model", "collect"]
