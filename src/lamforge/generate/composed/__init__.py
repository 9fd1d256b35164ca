"""Domains composed from a grammar of businesses: folders like those that users write, as many as are wanted."""

from lamforge.generate.composed.run import Composed, compose_domains

__all__ = ["Composed", "compose_domains"]
