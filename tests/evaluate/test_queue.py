import asyncio
import gc

import pytest

from lamforge.evaluate.queue import work_through


def test_of_several_faults_at_a_time_one_is_raised_and_none_is_complained_of(caplog):
    async def work(key):
        raise LookupError(key)

    async def run():
        await work_through(range(4), range(4), work, lambda key, result: None, concurrency=4)

    with pytest.raises(LookupError):
        asyncio.run(run())
    gc.collect()
    assert caplog.text == ""
