"""A domain of tau ready to be played: data from anywhere, under either rule book."""

from __future__ import annotations

from lamforge.errors import DataError
from lamforge.evaluate.tau.data import TauData
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.rules import RULES, TAU2, V1, RuleName, Rules


def rules_of(data: TauData, name: RuleName | None = None) -> Rules:
    """The rule book of that name, or else the one that the data were made for."""
    return RULES[name] if name else V1 if data.layout == "tau-bench" else TAU2


def load_tau_domain(data: TauData, rules: Rules) -> TauDomain:
    """The domain of some data under a rule book.

    Raises:
        DataError: if the data have tools or records that the rule book does not know.
    """
    kit = rules.kit(data.domain)
    schemas = data.describe(kit)
    if not schemas:
        raise DataError("declares no tool that is known", where=data.where)
    try:
        tables = kit.normalise(data.tables)
    except ValueError as error:
        first = str(error).split("\n")[1:3]
        raise DataError(f"has records of another shape ({': '.join(first)})", where=data.where) from error
    return TauDomain(
        data.domain, rules, tables, schemas, data.agent_prompt, data.tasks, where=data.where, digest=data.digest
    )
