"""A small job never waits behind a large one."""

import time

from tests.timing import SLACK


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
    before = len(watcher.progress)
    anothers, own = await time_small(other), await time_small(person)
    meanwhile = len(watcher.progress) - before
    print(f"alone {alone:.2f} s; beside 10 000 items {anothers:.2f} s, of the same person {own:.2f} s")
    assert meanwhile < 2_000, "both are over long before the large one, some hundred of whose items go by"

    began = time.monotonic()
    await person.cancel(large)
    assert (await watcher.done())["status"] == "cancelled"
    assert time.monotonic() - began < 2.0 + SLACK, "two seconds, and the time to lay out its rows; minutes are left"
    public = await person.job(large)
    assert public["processed_points"] == len(watcher.progress)
    assert public["ef_cost"] == max(0.001, round(0.1 * len(watcher.progress) / 10_000, 3))
