"""A small job never waits behind a large one."""

import time

_SLACK = 2.0
"""Seconds a small job may take longer than when it is alone."""


async def time_small(person):
    """Seconds from the request of five items to the end of the job's stream."""
    began = time.monotonic()
    watcher = person.watch(await person.request([{"nom": str(number), "do": "sleep 100"} for number in range(5)]))
    await watcher.done()
    return time.monotonic() - began


async def test_five_items_do_not_wait_behind_ten_thousand(product, person):
    other = await product.person()
    await time_small(other)  # what is done for the first time takes longer
    alone = await time_small(other)

    large = await person.request([{"nom": str(number), "do": "sleep 100"} for number in range(10_000)])
    watcher = person.watch(large)
    await watcher.processed(100)
    anothers, own = await time_small(other), await time_small(person)
    print(f"alone {alone:.2f} s; beside 10 000 items {anothers:.2f} s, of the same person {own:.2f} s")
    assert anothers < alone + _SLACK
    assert own < alone + _SLACK

    began = time.monotonic()
    await person.cancel(large)
    assert (await watcher.done())["status"] == "cancelled"
    assert time.monotonic() - began < 2.0 + 1.5, "two seconds, and the time to lay out its rows"
    public = await person.job(large)
    assert public["processed_points"] == len(watcher.progress)
    assert public["ef_cost"] == max(0.001, round(0.1 * len(watcher.progress) / 10_000, 3))
