"""Any process may be killed at any moment: the job goes on, nothing is lost and nothing counts twice."""

import asyncio

import pytest

from tests.chaos.product import PROCESSES
from tests.chaos.verdict import assert_done, assert_seamless, items_of


async def test_a_job_survives_the_death_of_every_process_in_turn(product, person, rng):
    items = items_of(700, rng)  # 17 s at least: on a busy machine what was killed takes some to come back
    job = await person.request(items)
    watcher = person.watch(job)
    for name in rng.sample(PROCESSES, len(PROCESSES)):
        await watcher.processed(len(watcher.progress) + rng.randint(1, 25))
        assert not watcher.over, f"the job ended before {name} was killed"
        print(f"{name} is killed at {len(watcher.progress)} items")
        await product.kill(name)
    await watcher.done()
    assert_seamless(watcher, len(items))
    assert watcher.connections > 1
    await assert_done(person, job, items)
    assert (await person.commands.get("/api/auth/me")).json()["ef_used"] == 0.007


@pytest.mark.slow
async def test_a_job_survives_the_death_of_all_processes_at_once(product, person, rng):
    items = items_of(150, rng)
    job = await person.request(items)
    watcher = person.watch(job)
    await watcher.processed(rng.randint(20, 60))
    for name in PROCESSES:
        await product.strike(name)
    await asyncio.gather(*(product.stack.ready(name) for name in PROCESSES))
    await watcher.done()
    assert_seamless(watcher, len(items))
    await assert_done(person, job, items)
