"""Answers that were paid for: each is kept as it comes, so that a run that goes on does not pay for it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Budget, Price
from lamforge.generate.roles import Role
from lamforge.journal import Journal
from lamforge.messages import Usage

CALLS = "calls.jsonl"  # in the folder of a run with models, until the run is complete

Tag = tuple[Any, ...]


def usage_by_role(records: Iterable[dict[str, Any]]) -> dict[str, Usage]:
    """Requests and tokens of the kept answers, by the role that asked; not of those that are in another account."""
    total: dict[str, Usage] = defaultdict(Usage)
    for record in records:
        if record.get("booked"):
            continue
        mine, usage = total[record["answer"]["role"]], record["answer"]["usage"]
        mine.model_calls += 1
        mine.prompt_tokens += usage["prompt_tokens"]
        mine.completion_tokens += usage["completion_tokens"]
    return dict(total)


class SharedCalls:
    """The answers of a run whose tasks are made elsewhere: they are kept here, and sent along with what is to be made.

    Args:
        roles: Who asks, with the prices.
        budget: What earlier processes of the run have paid for is booked there.
    """

    def __init__(self, path: Path, roles: dict[str, Role], budget: Budget) -> None:
        self._journal = Journal(path)
        self._known: dict[Tag, list[dict[str, Any]]] = defaultdict(list)
        for record in self._journal:
            self._known[tuple(record["tag"])].append({**record, "booked": True})
        for name, usage in usage_by_role(self._journal).items():
            price = roles[name].price
            budget.book_earlier(name, Price(price.input, price.output), usage)

    def of(self, tags: Iterable[Tag]) -> list[dict[str, Any]]:
        """The answers of some tasks, for a journal of `PaidCalls` elsewhere."""
        return [record for tag in tags for record in self._known.get(tag, ())]

    def add(self, records: Iterable[dict[str, Any]]) -> None:
        """Keeps answers that were paid for elsewhere."""
        for record in records:
            self._journal.append(record)

    def close(self) -> None:
        """Waits for the disk."""
        self._journal.close()


class PaidCalls:
    """The answers of a run, by task.

    Args:
        finished: Tags of tasks whose answers are not needed any more.
    """

    def __init__(self, path: Path, finished: Container[Tag]) -> None:
        self._journal = Journal(path)
        self._known: dict[Tag, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.earlier = usage_by_role(self._journal)  # what earlier processes of the run have paid for
        for record in self._journal:
            tag = tuple(record["tag"])
            if tag not in finished:
                self._known[tag][record["key"]] = record["answer"]

    def of(self, *tag: Any) -> TaskCalls:
        """The answers of one task."""
        return TaskCalls(self._journal, tag, self._known.pop(tag, {}))

    def close(self) -> None:
        """Waits for the disk."""
        self._journal.close()


class TaskCalls:
    """See `lamforge.engines.client.Store`."""

    def __init__(self, journal: Journal, tag: Tag, known: dict[str, dict[str, Any]]) -> None:
        self._journal = journal
        self._tag = tag
        self._known = known

    def get(self, key: str) -> dict[str, Any] | None:
        """The answer that was put under the key."""
        return self._known.get(key)

    def put(self, key: str, answer: dict[str, Any]) -> None:
        """Keeps an answer; it survives `kill -9` from here on."""
        self._known[key] = answer
        self._journal.append({"tag": list(self._tag), "key": key, "answer": answer})

    def waste(self, role: str, usage: Usage) -> None:
        """Keeps what was paid for an answer that broke off, under no key."""
        paid = {"role": role, "usage": usage.model_dump()}
        self._journal.append({"tag": list(self._tag), "key": "", "answer": paid})
