"""APIGen and APIGen-MT: verified blueprints and conversations for anybody's tools."""

from lamforge.generate.multi import generate_multi, survey
from lamforge.generate.run_folder import Generated

__all__ = ["Generated", "generate_multi", "survey"]
