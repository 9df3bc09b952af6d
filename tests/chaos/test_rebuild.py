"""The views are made again from the log, byte by byte the same, while the product works."""

import asyncio
import sys
from datetime import timedelta

import pytest

from tests.chaos.author import author
from tests.chaos.snapshot import difference, snapshot
from tests.chaos.verdict import assert_done, assert_seamless, items_of
from tests.live import ROOT


async def outsend(product, *command):
    """A command of the operator; what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", *command),
        cwd=ROOT,
        env=product.stack.processes["worker"].program.env | product.stack.settings.to_env(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


async def status(person, job, wanted, *, within=30):
    """Return once the job has the status; nothing tells when one expires."""
    async with asyncio.timeout(within):
        while (await person.job(job))["status"] != wanted:
            await asyncio.sleep(0.05)


async def life(product, person, rng):
    """Jobs with every end there is."""
    tenant = (await person.commands.get("/api/auth/me")).json()["id"]
    mixed = [*items_of(40, rng, most=60), *({"nom": what, "do": what} for what in ("raise", "permanent"))]
    mixed += [{"nom": "r", "do": f"report {size}"} for size in (1, 300)] + [{"nom": "many", "do": "rows 600"}]
    done = await person.request(mixed)
    empty = await person.request([{"nom": "x", "do": "permanent"}])
    deleted = await person.request(items_of(5, rng))
    async with author(product) as hand:
        failed = await hand.request(tenant, items_of(3, rng), job_type="vanished")
        expired = await hand.request(tenant, items_of(4, rng), lasts=timedelta(seconds=3))
    for job in (done, empty, deleted):
        await person.watch(job).done()
    await status(person, failed, "failed")
    cancelled = await person.request(items_of(200, rng))
    watcher = person.watch(cancelled)
    await watcher.processed(20)
    await person.cancel(cancelled)
    assert (await watcher.done())["status"] == "cancelled"
    await person.delete(deleted)
    await status(person, expired, "expired")
    return [done, empty, deleted, failed, expired, cancelled]


async def test_views_are_the_same_after_a_rebuild_and_after_a_wipe(product, person, rng):
    jobs = await life(product, person, rng)
    other = await product.person()
    items = items_of(1200, rng)  # 7 s at least: on a busy machine a rebuild takes some
    live = await other.request(items)
    watcher = other.watch(live)
    await watcher.processed(5)
    before = await snapshot(person, jobs)
    assert {code for code, _ in before.values()} == {200, 400, 404, 410}

    said = await outsend(product, "rebuild")
    assert "outsend_2 is live." in said
    after = await snapshot(person, jobs)
    assert not difference(before, after)
    assert not watcher.over, "the live job went on all the while"

    await product.wipe_mongodb()
    try:
        async with asyncio.timeout(40):
            while difference(before, after := await snapshot(person, jobs)):
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not the same after the wipe: {difference(before, after)}")
    await watcher.done()
    assert_seamless(watcher, len(items))
    await assert_done(other, live, items)
