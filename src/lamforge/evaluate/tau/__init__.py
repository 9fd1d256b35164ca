"""tau-bench and tau2-bench, retail and airline: environments, rules and users, over data that stay where they are."""

from lamforge.evaluate.tau.against.agreement import agreement
from lamforge.evaluate.tau.against.findings import Agreement
from lamforge.evaluate.tau.data import TauData, read_data
from lamforge.evaluate.tau.environment import TauDomain, TauEnvironment
from lamforge.evaluate.tau.fetch import fetched_wheel
from lamforge.evaluate.tau.judge import judge
from lamforge.evaluate.tau.load import load_tau_domain, rules_of
from lamforge.evaluate.tau.play import play
from lamforge.evaluate.tau.recorded import Recorded, read_recorded
from lamforge.evaluate.tau.rules import DOMAINS, RULES, TAU2, V1, Rules
from lamforge.evaluate.tau.users import HumanUser, ModelUser, PlainUser, ReplayUser

__all__ = [
    "DOMAINS",
    "RULES",
    "TAU2",
    "V1",
    "Agreement",
    "HumanUser",
    "ModelUser",
    "PlainUser",
    "Recorded",
    "ReplayUser",
    "Rules",
    "TauData",
    "TauDomain",
    "TauEnvironment",
    "agreement",
    "fetched_wheel",
    "judge",
    "load_tau_domain",
    "play",
    "read_data",
    "read_recorded",
    "rules_of",
]
