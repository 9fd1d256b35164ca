"""APIGen and APIGen-MT: verified blueprints and conversations for anybody's tools."""

from lamforge.generate.composed import Composed, compose_domains
from lamforge.generate.estimate import Estimate, estimate
from lamforge.generate.many import domain_folders, generate_many
from lamforge.generate.merge import merge_runs
from lamforge.generate.multi import generate_multi, survey
from lamforge.generate.multi_files import Generated
from lamforge.generate.roles import Roles, load_roles
from lamforge.generate.single import Singles, Toolbox, estimate_single, generate_single

__all__ = [
    "Composed",
    "Estimate",
    "Generated",
    "Roles",
    "Singles",
    "Toolbox",
    "compose_domains",
    "domain_folders",
    "estimate",
    "estimate_single",
    "generate_many",
    "generate_multi",
    "generate_single",
    "load_roles",
    "merge_runs",
    "survey",
]
