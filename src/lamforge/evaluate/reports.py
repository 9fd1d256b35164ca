"""Reports of suites whose score is the share of conversations that end as they should: domains and tau-bench."""

from __future__ import annotations

from markupsafe import Markup

from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.reliability import Estimate, telling
from lamforge.evaluate.report import Figure, Report, Table
from lamforge.evaluate.runner import as_text
from lamforge.evaluate.scores import Scores, Share
from lamforge.evaluate.summary import Summary
from lamforge.evaluate.user_effort import UserEffort
from lamforge.pages import Bar, bars, percent, words

EXPLANATION = (
    "A conversation is right when, in a replay, the environment ends in the state that the task's own actions lead to, "
    "every rule of the policy was kept, and the user was told what was asked for. Trials of a task differ in the "
    "simulated user's wording and in the sampling seed."
)
STATISTICS = (
    " pass^k is the mean over tasks of C(successes, k) / C(trials, k) (tau-bench, arXiv 2406.12045). Intervals are of "
    "95 %; they resample whole tasks, and where all tasks agree they are the exact binomial bound. Failures of the "
    "engine are never scored."
)
_CARDS = 4


def conversation_report(summary: Summary, policy: str, explanation: str = EXPLANATION) -> Report:
    """The report on a summary."""
    return Report(
        model=summary.model,
        subject=f"{summary.subject}, {summary.part.amount}" if summary.part else summary.subject,
        part=str(summary.part or ""),
        lead=f"{summary.tasks} tasks, {summary.trials} trials each: {summary.passed} of {summary.episodes} "
        "conversations ended as they should.",
        notes=summary.notes,
        missing=missing(summary, "conversations"),
        figures=[_figure(own, summary) for own in telling(summary.reliability)[:_CARDS]],
        tables=[
            reliability_table(summary),
            share_table(summary.categories, summary.trials),
            *_effort_tables(summary),
            *_left_out(summary),
        ],
        made=as_text(summary.made),
        explanation=explanation + STATISTICS,
        plot=reliability_plot(summary.reliability, summary.baselines),
        bars=share_bars(summary.categories, summary.trials),
        shared=policy,
        shared_title="the policy the agent was given",
    )


def missing(scores: Scores, noun: str) -> str:
    """What an incomplete result has to say; empty for a complete one."""
    if scores.complete:
        return ""
    planned = scores.tasks * scores.trials
    return (
        f"{planned - scores.episodes} of {planned} {noun} have no result, because the engine failed. They count "
        "neither as right nor as wrong; ranges are what the figures can still become. The same command with "
        "--retry-errors tries them once more."
    )


def reliability_table(scores: Scores) -> Table:
    """pass^k with its interval, and the baselines."""
    rows = [
        [
            f"pass^{own.k}",
            value_text(own),
            interval_text(own),
            *(percent(b[own.k - 1].at_least) for b in scores.baselines.values()),
        ]
        for own in telling(scores.reliability)
    ]
    sound = scores.sound.reliability
    if sound and sound != scores.reliability:
        rows.append(["sound pass^1", value_text(sound[0]), interval_text(sound[0]), *("" for _ in scores.baselines)])
    header = ["", "score", "95 % interval", *scores.baselines]
    return Table("pass^k", header, rows)


def share_table(categories: list[Share], trials: int, title: str = "By kind of task") -> Table:
    """How much of what was planned of each category passed; the range where results are missing."""
    rows = [
        [words(s.name), str(s.tasks), f"{s.passed} of {s.tasks * trials}", share_text(s, trials)] for s in categories
    ]
    return Table(title, ["kind of task", "tasks", "passed", "share"], rows)


def share_bars(categories: list[Share], trials: int) -> Markup:
    """The same as bars; what has no result is a shade of its own."""
    rows = []
    for share in categories:
        planned = share.tasks * trials
        parts = [share.passed / planned, (planned - share.episodes) / planned]
        rows.append(Bar(words(share.name), [share_text(share, trials)], parts, 1 - sum(parts)))
    return bars("Passed", rows)


def share_text(share: Share, trials: int) -> str:
    """The part of the planned trials that passed, or the range that it can still lie in."""
    planned = share.tasks * trials
    best = share.passed + planned - share.episodes
    low = f"{100 * share.passed / planned:.1f}–" if best > share.passed else ""
    return f"{low}{percent(best / planned)}"


def effort_table(scores: Scores) -> Table:
    """Time, tokens and money."""
    reply, task = scores.reply_seconds, scores.task_seconds
    rows = [
        ["time to one answer, median", f"{reply['median']:.2f} s"],
        ["time to one answer, 95th percentile", f"{reply['p95']:.2f} s"],
        ["time of one task, median", f"{task['median']:.2f} s"],
        ["time of one task, 95th percentile", f"{task['p95']:.2f} s"],
        *_spent("answers", scores),
    ]
    return Table("Speed, size and cost", ["", ""], rows)


def _effort_tables(summary: Summary) -> list[Table]:
    """What the agent took, and apart from it the users, where models play them."""
    own = effort_table(summary)
    if (users := summary.users) is None:
        return [own]
    rows = [
        ["time to one reply, median", f"{users.reply_seconds['median']:.2f} s"],
        ["time to one reply, 95th percentile", f"{users.reply_seconds['p95']:.2f} s"],
        *_spent("replies", users),
    ]
    return [own, Table("What the simulated user took besides", ["", ""], rows)]


def _spent(messages: str, effort: Scores | UserEffort) -> list[list[str]]:
    """What anything took besides time."""
    tokens, cost = effort.tokens, effort.cost
    rows = [
        [f"{messages} per task", f"{tokens['messages']:.1f}"],
        ["tokens read per task", f"{tokens['prompt']:,.0f}"],
        ["tokens written per task", f"{tokens['completion']:,.0f}"],
    ]
    if cost["total"]:
        rows += [["cost of one task", f"{cost['per_episode']:.6f}"], ["cost", f"{cost['total']:.4f}"]]
    return rows


def _left_out(summary: Summary) -> list[Table]:
    """The tasks that are left out of the sound score, each with the reason, where a suite gives reasons."""
    reasons: dict[str, str] = summary.made.get("left_out_of_sound", {})
    rows = [[task_id, reason] for task_id, reason in reasons.items()]
    return [Table("Left out of the sound score", ["task", "why nothing solves it"], rows)] if rows else []


def value_text(estimate: Estimate) -> str:
    """The value, or the range that it can still lie in."""
    if estimate.value is not None:
        return percent(estimate.value)
    return f"{100 * estimate.at_least:.1f}–{percent(estimate.at_most)}"


def interval_text(estimate: Estimate) -> str:
    """The interval in percent; a dash while results are missing."""
    if estimate.low is None or estimate.high is None:
        return "–"
    return f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}"


def _figure(own: Estimate, summary: Summary) -> Figure:
    floors = [f"{name}: {percent(each[own.k - 1].at_least)}" for name, each in summary.baselines.items()]
    if own.value is not None:
        number, said = f"{100 * own.value:.1f}", f"95 % interval {interval_text(own)}"
    else:
        number, said = f"{100 * own.at_least:.1f}–{100 * own.at_most:.1f}", "can still lie anywhere in this range"
    return Figure("pass", str(own.k), number, " %", [said, *floors])
