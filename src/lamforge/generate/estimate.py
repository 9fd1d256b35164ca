"""What a run may cost, before it starts: prompts are measured on this domain, their number and answers are assumed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from lamforge.domains import Domain
from lamforge.engines.budget import Price, estimated_tokens
from lamforge.generate.kit import learn
from lamforge.generate.roles import Roles, check_players

PROPOSALS = 1.5  # for one accepted task; the paper's first success rate is 28 %, with feedback 70 %
AGENT_MESSAGES = 12  # of one conversation (arXiv 2504.03601, section 3.4: 7 calls, 6 turns of the user)
USER_MESSAGES = 6
MESSAGE = 80  # tokens that a message adds to the conversation
ANSWERS = {"generator": 400, "judge": 200, "reviewer": 120, "user": 30, "critic": 60, "agent": 60}


@dataclass(frozen=True)
class Estimate:
    """Of one role in a whole run."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: float


async def estimate(domain: Domain, roles: Roles, tasks: int, test_tasks: int) -> dict[str, Estimate]:
    """The estimates of all roles that a model plays; no model is asked.

    Raises:
        UsageError: if somebody is missing in the cast.
    """
    check_players(roles)
    kit = await learn(domain, roles.shapes)
    rng = random.Random(0)
    shown = [await kit.material.draw(rng, "train", range(max(1, tasks))) for _ in range(5)]
    policy, tools = estimated_tokens(len(domain.policy)), estimated_tokens(len(json.dumps(domain.tools)))
    data = sum(estimated_tokens(len(json.dumps([m.data, m.tools, m.examples], indent=1))) for m in shown) // len(shown)
    made = tasks + test_tasks
    talks = tasks * roles.attempts
    spoken = AGENT_MESSAGES * MESSAGE // 2  # what was said so far, on average
    proposed = made * PROPOSALS
    sizes = {  # requests, tokens of one prompt
        "generator": (proposed, policy + data + 600),
        "judge": (proposed, policy + tools + 600),
        "reviewer": (made * (PROPOSALS - 1), 900),
        "user": (talks * USER_MESSAGES * roles.best_of, 500 + spoken),
        "critic": (talks * USER_MESSAGES * (roles.best_of > 1), 600 + spoken),
        "agent": (talks * AGENT_MESSAGES, policy + tools + spoken),
    }
    found = {}
    for name, role in roles.engines().items():
        if role.scripted or (name == "reviewer" and not roles.judges):
            continue
        kind = "judge" if name.startswith("judge-") else name
        requests, prompt = sizes[kind]
        read, written = int(requests * prompt), int(requests * ANSWERS[kind])
        cost = Price(role.price.input, role.price.output).of(read, written)
        found[name] = Estimate(int(requests), read, written, cost)
    return found
