from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from lamforge.engines.base import collect
from lamforge.engines.conversation import contents, deltas
from lamforge.formats import get_format

FORMAT = get_format("xlam-qwen/always")
CALL = '[{"name": "look", "arguments": {"where": "]}", "n": [1, {}]}}]'
TEXTS = st.sampled_from(
    [
        "Hello there.",
        "  spaces  ",
        CALL,
        f"I look. {CALL}",
        f"```json\n{CALL}\n```",
        "[link](x) and [1, 2]",
        "",
        "a `b` c",
        '[{"name": "lo',
    ]
) | st.text(max_size=40)


async def _pieces(text: str, cuts: list[int]) -> AsyncIterator[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        yield text[start:end]


@given(TEXTS, st.lists(st.integers(0, 200), max_size=6))
def test_deltas_join_to_what_the_format_reads_wherever_the_text_was_cut(text: str, cuts: list[int]) -> None:
    async def play():
        async def stream():
            async for delta in deltas(_pieces(text, cuts), "", FORMAT, None):
                yield delta
            yield {"finish_reason": "stop", "usage": {}}

        return (await collect(stream()))[0]

    assert asyncio.run(play()).as_dict() == {"content": "", **FORMAT.parse(text).as_dict()} or (
        asyncio.run(play()).as_dict() == FORMAT.parse(text).as_dict()
    )


def test_an_answer_that_must_not_call_is_content_whatever_it_says() -> None:
    async def play():
        return [delta async for delta in contents(_pieces(CALL, [3, 9]))]

    assert "".join(delta["content"] for delta in asyncio.run(play())) == CALL
