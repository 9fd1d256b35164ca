"""APIGen and APIGen-MT: verified blueprints and conversations for anybody's tools."""

from lamforge.generate.estimate import Estimate, estimate
from lamforge.generate.merge import merge_runs
from lamforge.generate.multi import generate_multi, survey
from lamforge.generate.multi_files import Generated
from lamforge.generate.roles import Roles, load_roles
from lamforge.generate.single import Singles, Toolbox, estimate_single, generate_single

__all__ = [
    "Estimate",
    "Generated",
    "Roles",
    "Singles",
    "Toolbox",
    "estimate",
    "estimate_single",
    "generate_multi",
    "generate_single",
    "load_roles",
    "merge_runs",
    "survey",
]
