"""The two rule books: tau-bench's ("v1") and tau2-bench's ("tau2"). What differs between them is said here, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lamforge.errors import UsageError, bounded
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.evaluate.tau.tau2.airline import AIRLINE as TAU2_AIRLINE
from lamforge.evaluate.tau.tau2.retail import RETAIL as TAU2_RETAIL
from lamforge.evaluate.tau.v1.airline import AIRLINE as V1_AIRLINE
from lamforge.evaluate.tau.v1.retail import RETAIL as V1_RETAIL

RuleName = Literal["v1", "tau2"]
DOMAINS = ("airline", "retail")
GREETING = "Hi! How can I help you today?"  # what both have the user answer first
TRANSFER = "transfer_to_human_agents"


@dataclass(frozen=True)
class Rules:
    """One rule book.

    Attributes:
        kits: The tools of each domain.
        one_call: Only the first call of a message is made.
        ends: Calls that end the conversation.
        max_turns: The agent's messages (v1), or messages of either side and rounds of calls (tau2).
        max_errors: Refused calls that end a conversation.
        stops: What a user writes to leave.
        unknown_tool: What an agent reads that calls a tool which does not exist.
    """

    name: RuleName
    kits: Mapping[str, Toolkit]
    one_call: bool
    ends: tuple[str, ...]
    max_turns: int
    max_errors: int | None
    stops: tuple[str, ...]
    unknown_tool: str

    def kit(self, domain: str) -> Toolkit:
        """The tools of a domain.

        Raises:
            UsageError: if there is no such domain.
        """
        if domain not in self.kits:
            raise UsageError(f"{bounded(domain)} is no domain of tau", remedy=f"Choose among: {', '.join(DOMAINS)}.")
        return self.kits[domain]


V1 = Rules(
    name="v1",
    kits={"airline": V1_AIRLINE, "retail": V1_RETAIL},
    one_call=True,
    ends=(TRANSFER,),
    max_turns=30,
    max_errors=None,
    stops=("###STOP###",),
    unknown_tool="Unknown action {}",
)
TAU2 = Rules(
    name="tau2",
    kits={"airline": TAU2_AIRLINE, "retail": TAU2_RETAIL},
    one_call=False,
    ends=(),
    max_turns=200,
    max_errors=10,
    stops=("###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###"),
    unknown_tool="Error: Tool '{}' not found.",
)
RULES: dict[str, Rules] = {"v1": V1, "tau2": TAU2}
