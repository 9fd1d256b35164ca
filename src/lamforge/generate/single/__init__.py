"""APIGen: verified single-turn items for anybody's tools (arXiv 2406.18518)."""

from lamforge.generate.single.estimate import estimate_single
from lamforge.generate.single.files import Singles
from lamforge.generate.single.run import generate_single
from lamforge.generate.single.toolbox import Toolbox

__all__ = ["Singles", "Toolbox", "estimate_single", "generate_single"]
