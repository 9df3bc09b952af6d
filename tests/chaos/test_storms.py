"""The long form: each fault by itself, at more moments, longer than any lease, and several at once."""

import asyncio

import pytest

from tests.chaos.product import LEASE, PROCESSES, running
from tests.chaos.verdict import assert_done, assert_seamless, items_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


async def disturbed(person, items, *faults):
    """A job during which the faults happen, one after the other; then everything must be as if none had."""
    job = await person.request(items)
    watcher = person.watch(job)
    for fault in faults:
        await watcher.processed(len(watcher.progress) + 1)
        await fault()
    await watcher.done(within=180)
    assert_seamless(watcher, len(items))
    await assert_done(person, job, items)


@pytest.mark.parametrize("name", PROCESSES)
async def test_one_process_is_killed_again_and_again(product, person, rng, name):
    async def kill():
        await asyncio.sleep(rng.uniform(0, 1.5))
        await product.kill(name)

    # A worker's death at the same suspect twice would be that item's conviction: it dies once a delivery here.
    times = 1 if name == "worker" else 4
    await disturbed(person, items_of(500, rng), *[kill] * times)


@pytest.mark.parametrize("name", PROCESSES)
async def test_one_process_is_paused_for_longer_than_a_lease(product, person, rng, name):
    async def pause():
        await product.pause(name, LEASE + rng.uniform(1, 4))

    await disturbed(person, items_of(500, rng), pause)


@pytest.mark.parametrize("name", ["dispatcher", "projector", "worker"])
async def test_of_two_one_is_paused_and_another_goes_on(tmp_path, rng, name):
    async with running(tmp_path, replicas={name: 2}) as product:
        person, names = await product.person(), [name, f"{name}-2"]

        async def pause(one):
            await product.pause(one, LEASE + 2)

        async def kill():
            await product.kill(rng.choice(names))

        await disturbed(person, items_of(500, rng), *(lambda one=one: pause(one) for one in names), kill)


async def test_two_dispatchers_and_two_workers_die_in_turn(tmp_path, rng):
    async with running(tmp_path, replicas={"dispatcher": 2, "worker": 2, "projector": 2}) as product:
        person = await product.person()

        def kill(name):
            return lambda: product.kill(name)

        names = ["dispatcher", "worker", "projector-2", "dispatcher-2", "projector", "nats", "mongodb"]
        await disturbed(person, items_of(800, rng), *map(kill, rng.sample(names, len(names))))


@pytest.mark.parametrize("times", [1, 3])
async def test_mongodb_loses_everything(product, person, rng, times):
    await disturbed(person, items_of(400, rng), *[product.wipe_mongodb] * times)


@pytest.mark.parametrize(
    "pair", [("nats", "mongodb"), ("nats", "dispatcher"), ("worker", "nats"), ("projector", "mongodb")]
)
async def test_several_die_at_once(product, person, rng, pair):
    async def kill():
        await asyncio.sleep(rng.uniform(0, 1))
        await asyncio.gather(*map(product.kill, pair))

    await disturbed(person, items_of(500, rng), kill)


async def test_many_jobs_of_many_people_while_everything_dies(product, rng):
    people = [await product.person() for _ in range(4)]
    batches = [(one, items_of(rng.randint(5, 120), rng)) for one in people for _ in range(4)]
    jobs = [asyncio.create_task(disturbed(one, items)) for one, items in batches]
    for name in ("nats", "dispatcher", "projector", "mongodb", "gateway", "worker"):
        await asyncio.sleep(rng.uniform(0.2, 2))
        await product.kill(name)
    await asyncio.gather(*jobs)
