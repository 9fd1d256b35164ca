"""What a run may cost, before it starts: prompts are measured on these tools, pass rate and answers are assumed."""

from __future__ import annotations

import json
import random

from lamforge.engines.budget import Price, estimated_tokens
from lamforge.generate.cast import single_prompts
from lamforge.generate.estimate import Estimate
from lamforge.generate.roles import Roles
from lamforge.generate.single.author import prompt_for
from lamforge.generate.single.drawing import CallSampler
from lamforge.generate.single.sampling import History, Sampler
from lamforge.generate.single.seeds import load_seeds
from lamforge.generate.single.strands import SIZE
from lamforge.generate.single.toolbox import Toolbox

PASSING = 0.66  # of what is written; the paper's middle generator (arXiv 2406.18518, table 1)
JUDGED = 0.8  # of what is written comes as far as the judges
PAIR, VERDICT = 120, 120  # tokens of one pair, of one verdict
_DRAWS = 8  # prompts that are measured


def estimate_single(toolbox: Toolbox, roles: Roles, items: int) -> dict[str, Estimate]:
    """The estimates of all roles that a model plays; no model is asked."""
    settings = roles.single
    history = History(pool=load_seeds(settings.seeds))
    sampler = Sampler(toolbox, settings, toolbox.names)
    drawn = sampler.draw(random.Random(0), history, _DRAWS * settings.batch, SIZE, settings.batch)
    calls = CallSampler(toolbox) if toolbox.domain is not None else None
    prompts = single_prompts(roles)
    shown = [prompt_for(prompts, toolbox, calls, assignment) for assignment in drawn]
    prompt = sum(estimated_tokens(len(each)) for each in shown) // len(shown) + settings.examples * PAIR // 2
    tools = [json.dumps([toolbox.described(name) for name in assignment.offered]) for assignment in drawn]
    offered = sum(estimated_tokens(len(each)) for each in tools) // len(drawn)
    written = items / PASSING
    found = {}
    for name, role in roles.authors().items():
        if role.scripted:
            continue
        if name == "generator":
            requests, read, said = written / settings.batch, prompt, PAIR * settings.batch
        else:
            requests, read, said = written * JUDGED, offered + 450, VERDICT
        tokens = int(requests * read), int(requests * said)
        cost = Price(role.price.input, role.price.output).of(*tokens)
        found[name] = Estimate(int(requests), *tokens, cost)
    return found
