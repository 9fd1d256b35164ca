"""Serving a model over HTTP as OpenAI's API does: chat, responses, completions; any engine behind it."""

from lamforge.serve.app import Settings, make_app

__all__ = ["Settings", "make_app"]
