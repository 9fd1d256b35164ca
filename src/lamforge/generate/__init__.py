"""APIGen and APIGen-MT: verified blueprints and conversations for anybody's tools."""

from lamforge.generate.multi import Generated, generate_multi, survey

__all__ = ["Generated", "generate_multi", "survey"]
