"""All that is told of a run, as numbers and short texts; the page and the command line show the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from lamforge.domains import Domain, Task
from lamforge.error_kinds import ERROR_KINDS
from lamforge.generate.groups import SIZE as GROUP
from lamforge.generate.groups import of_shard
from lamforge.generate.report.folder import RunFolder
from lamforge.generate.report.funnels import Funnel, Yield
from lamforge.generate.report.reasons import Reason, Reasons
from lamforge.generate.report.records import Item, Rejected, choices_of, kind_of
from lamforge.generate.report.rules import RuleCoverage, RuleUse
from lamforge.generate.report.spending import Spending, spending
from lamforge.generate.report.tools import Argument, ToolCoverage, ToolUse, calls_of
from lamforge.generate.report.wording import TurnCollection, Wording
from lamforge.generate.roles import Roles, notes_on
from lamforge.generate.single.strands import SIZE

SCHEMA = 1


@dataclass(frozen=True)
class RunSummary:
    """What a run made."""

    folder: str
    job: str  # multi or single
    source: str  # the domain, or the tools
    running: bool
    problems: list[str]  # what could not be read
    notes: list[str]  # what the run had to say
    asked: int  # tasks or items
    kept: dict[str, int]  # train and test -> tasks, or items -> items
    conversations: int
    funnels: list[Funnel]
    reasons: list[Reason]
    error_kinds: dict[str, int]  # of rejected conversations: what went wrong in them -> conversations
    turns: dict[int, int]  # turns of the user in a conversation -> conversations
    calls: dict[int, int]  # calls in a conversation -> conversations
    critic: dict[str, int]  # asked and unreadable -> messages of the simulated user, of rejected conversations, too
    kinds: dict[str, int]  # shape or style -> tasks or items
    manners: dict[str, int]  # persona or manner -> tasks or items
    rejected_kinds: dict[str, dict[str, int]]  # style -> stage -> rejections
    tools: list[ToolUse]
    arguments: list[Argument]
    rules: list[RuleUse]
    wording: Wording
    spent: Spending
    made: dict[str, Any]  # the run's configuration

    @property
    def made_in_all(self) -> int:
        """Tasks or items that are kept."""
        return sum(self.kept.values())

    @property
    def rejected(self) -> int:
        """All rejections."""
        return sum(reason.count for reason in self.reasons)

    @property
    def cost(self) -> float:
        """Of all roles, in the currency of the prices."""
        return sum(float(each["cost"]) for each in self.spent.values())

    @property
    def tokens(self) -> int:
        """Read and written by all roles."""
        return sum(int(each["prompt_tokens"] + each["completion_tokens"]) for each in self.spent.values())

    @property
    def unread(self) -> str:
        """How often best-of-N was none, in words; empty if never."""
        asked, unreadable = self.critic["asked"], self.critic["unreadable"]
        told = f"{unreadable:,} of {asked:,} answers could not be read: the user's first candidate was sent"
        return told if unreadable else ""

    @property
    def unused(self) -> list[ToolUse]:
        """The tools that no kept conversation calls."""
        return [tool for tool in self.tools if not tool.calls]

    @property
    def uncovered(self) -> list[RuleUse]:
        """The rules that the run holds no trace of."""
        return [rule for rule in self.rules if not rule.covered]

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain JSON."""
        return {"schema": SCHEMA, **asdict(self)}


def summarise_run(run: RunFolder, domain: Domain | None = None) -> RunSummary:
    """The numbers of a run, each record looked at once.

    Args:
        domain: The run's own; with it the rules that conversations depend on are found.
    """
    config = run.config
    cast = _roles(config)
    stages, reasons, turns, coverage = Yield(), Reasons(), TurnCollection(), ToolCoverage()
    rules = RuleCoverage(_strings(config.get("rules")), domain)
    tasks: dict[str, tuple[str, str]] = {}  # id -> shape and persona, or style and manner
    kept: Counter[str] = Counter({"items": 0} if run.job == "single" else {"train": 0, "test": 0})
    turns_of: Counter[int] = Counter()
    calls_in: Counter[int] = Counter()
    by_style: dict[str, Counter[str]] = {}
    errors: Counter[str] = Counter()
    critic: Counter[str] = Counter(asked=0, unreadable=0)
    for record in run.records():
        critic.update(choices_of(record))
        stages.add(record)
        rules.add(record)
        if isinstance(record, Task):
            tasks[record.task_id] = kind_of(record)
            kept[record.split] += 1
        elif isinstance(record, Item):
            tasks[record.id] = kind_of(record)
            kept["items"] += 1
        elif isinstance(record, Rejected):
            reasons.add(record)
            if record.kind in ERROR_KINDS:
                errors[record.kind] += 1
            if record.style:
                by_style.setdefault(record.style, Counter())[record.stage] += record.entries
        else:
            calls = calls_of(record)
            turns_of[sum(message.role == "user" for message in record.messages)] += 1
            calls_in[len(calls)] += 1
            turns.add(record, *tasks.get(record.task_id, ("unknown", "unknown")))
            coverage.add(record, calls)
    return RunSummary(
        folder=str(run.path),
        job=run.job,
        source=str(config.get("domain") or config.get("tools") or "unknown tools"),
        running=run.running,
        problems=run.problems,
        notes=list(dict.fromkeys([*(notes_on(cast) if cast else ()), *map(str, run.summary.get("notes") or ())])),
        asked=_asked(config),
        kept=dict(kept),
        conversations=sum(turns_of.values()),
        funnels=_funnels(run, stages),
        reasons=reasons.result(run.reasons),
        error_kinds=dict(errors.most_common()),
        turns=dict(sorted(turns_of.items())),
        calls=dict(sorted(calls_in.items())),
        critic=dict(critic),
        kinds=dict(Counter(kind for kind, _ in tasks.values()).most_common()),
        manners=dict(Counter(manner for _, manner in tasks.values()).most_common()),
        rejected_kinds={style: dict(stages) for style, stages in sorted(by_style.items())},
        tools=coverage.tools(_strings(config.get("tool_kinds")), _strings(run.summary.get("unused_tools"))),
        arguments=coverage.arguments(),
        rules=rules.result(),
        wording=turns.result(),
        spent=spending(run),
        made=config,
    )


def _funnels(run: RunFolder, stages: Yield) -> list[Funnel]:
    asked = _asked(run.config)
    done = run.done if run.running else asked
    if run.job == "single":
        return stages.of_items()
    if _is_scripted(run.config):
        return stages.of_draws(run.reasons, asked, done)
    return stages.of_proposals(asked, done)


def _asked(config: Mapping[str, Any]) -> int:
    """How many tasks or items the run is to make; of a shard, its own."""
    first, _, count = str(config.get("shard", "0/1")).partition("/")
    if not (first.isdecimal() and count.isdecimal() and int(count)):
        first, count = "0", "1"
    sizes = {key: size for key in ("tasks", "test_tasks", "items") if isinstance(size := config.get(key), int)}
    items = sizes.pop("items", 0)
    each = 1 if _is_scripted(config) else GROUP
    asked = [of_shard(size, each, int(first), int(count)) for size in sizes.values()]
    return sum(asked) + of_shard(items, SIZE, int(first), int(count))


def _is_scripted(config: Mapping[str, Any]) -> bool:
    roles = _roles(config)
    return roles is not None and roles.scripted


def _roles(config: Mapping[str, Any]) -> Roles | None:
    try:
        return Roles.model_validate(config.get("roles") or {})
    except ValidationError:
        return None


def _strings(value: Any) -> dict[str, str]:
    return {str(key): str(inner) for key, inner in value.items()} if isinstance(value, Mapping) else {}
