"""Results that come twice, late, out of order or in contradiction: the same views."""

import asyncio

import msgspec

from contracts.events import ItemProcessed
from contracts.subjects import job_subject
from tests.chaos.author import author
from tests.chaos.snapshot import difference, snapshot
from tests.chaos.verdict import assert_done, assert_seamless, items_of


async def tenant_of(person):
    return (await person.commands.get("/api/auth/me")).json()["id"]


async def caught_up(person):
    """The views tell of all that is in the log now: a job that came after it is laid out."""
    await person.watch(await person.request([{"nom": "last"}], "noop")).done()


async def test_results_said_again_while_the_job_runs_and_after_it(product, person, rng):
    items, tenant = items_of(150, rng, most=80), await tenant_of(person)
    async with author(product) as hand:
        job = await person.request(items)
        watcher = person.watch(job)

        async def parrot():
            heard = {}
            async for message in hand.log.tail(job_subject(tenant, job, "results")).messages():
                if message.payload not in heard:
                    heard[message.payload] = None
                    for payload in rng.choices(list(heard), k=2):
                        await hand.say_again(tenant, job, payload)

        saying = asyncio.create_task(parrot())
        await watcher.done()
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)
        assert_seamless(watcher, len(items))
        await assert_done(person, job, items)

        before = await snapshot(person, [job])
        payloads = await hand.results(tenant, job)
        assert len(payloads) > len(set(payloads))
        for payload in rng.sample(payloads, len(payloads)):
            await hand.say_again(tenant, job, payload)
    await caught_up(person)
    after = await snapshot(person, [job])
    assert not difference({path: said for path, said in before.items() if job in path}, after)


async def test_the_order_of_delivery_does_not_matter(product, person, rng):
    """Two jobs get the same results, one in order and once, the other shuffled, repeated and contradicted."""
    items, tenant = items_of(90, rng), await tenant_of(person)
    results = [
        ItemProcessed(index=index, label=item["nom"], rows=[item | {"echo": item["nom"], "attempt": 1}], found=1)
        for index, item in enumerate(items)
    ]
    forged = [msgspec.structs.replace(one, rows=[], found=0, attempts=7) for one in results]
    await product.stack.stop("worker")
    try:
        straight, crooked = await person.request(items), await person.request(items)
        watchers = [person.watch(straight), person.watch(crooked)]
        async with author(product) as hand:
            for first in range(0, 90, 30):
                await hand.log.append(tenant, straight, *results[first : first + 30])
            for index in rng.sample(range(90), 90):
                await hand.log.append(tenant, crooked, results[index], forged[index], results[index])
            await hand.log.append(tenant, crooked, *forged[:50])
        for watcher in watchers:
            await watcher.done()
            assert_seamless(watcher, 90)
            await assert_done(person, watcher.job, items)
        assert await person.rows(straight) == await person.rows(crooked)
    finally:
        await product.stack.start("worker")
