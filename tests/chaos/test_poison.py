"""Items that raise, never end, or take their worker along: each its own error row, and the neighbours are fine."""

from tests.chaos.product import running
from tests.chaos.verdict import assert_done, assert_seamless

_EVIL = {12: "raise", 31: "exit", 90: "hang"}
_CODES = {12: "module_error", 31: "worker_died", 90: "timeout"}


async def test_three_evil_items_are_the_only_ones_convicted(tmp_path):
    async with running(tmp_path, worker_concurrency=0) as product:  # as much at once as the manifest says
        person = await product.person()
        items = [{"nom": f"n{index}", "do": _EVIL.get(index, "sleep 40")} for index in range(100)]
        job = await person.request(items)
        watcher = person.watch(job)
        await watcher.done()
        assert_seamless(watcher, len(items), errors=_CODES)
        await assert_done(person, job, items, errors=_CODES)
        assert product.stack.processes["worker"].starts == 4, "it died at the first delivery and under two marks"
