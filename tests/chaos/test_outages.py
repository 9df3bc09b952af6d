"""A server is away for a while, or full: what works goes on, what cannot is refused, and nothing is lost."""

import asyncio

import pytest

from contracts.events import JobLogged
from shared.messaging.log import LogFull
from tests.chaos.author import author
from tests.chaos.product import LEASE, running
from tests.chaos.verdict import assert_done, assert_seamless, items_of


def assert_unavailable(answer):
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["detail"]


async def test_mongodb_is_away(product, person, rng):
    items, more = items_of(200, rng, most=100), items_of(20, rng)
    old = await person.request(more)
    await person.watch(old).done()
    job, unwanted = await person.request(items), await person.request(items)
    watcher, end = person.watch(job), person.watch(unwanted)
    await asyncio.gather(watcher.processed(10), end.processed(1))
    await product.down("mongodb")

    credentials = {"email": person.email, "password": person.password}
    assert (await person.commands.post("/api/auth/login", json=credentials)).status_code == 200
    during = await person.request(items)
    late = person.watch(during)
    await person.cancel(unwanted)
    await late.processed(5)
    assert (await person.job(during))["processed_points"] >= 5
    for path in ("/api/jobs", f"/api/jobs/{old}", f"/api/jobs/{old}/items", f"/api/jobs/{old}/download"):
        assert_unavailable(await person.reads.get(path))
    assert (await person.commands.get("/readyz")).status_code == 200
    assert (await person.reads.get("/readyz")).status_code == 503
    await watcher.processed(len(items))  # work needs no views

    await product.stack.start("mongodb")
    assert (await end.done())["status"] == "cancelled"
    for one in (watcher, late):
        await one.done()
        assert_seamless(one, len(items))
        await assert_done(person, one.job, items)
    await assert_done(person, old, more)


async def test_nats_is_away(product, person, rng):
    items = items_of(70, rng)
    job = await person.request(items)
    watcher = person.watch(job)
    await watcher.processed(10)
    await product.down("nats")

    refused = [person.commands.post("/api/jobs/faulty", json={"items": items_of(1, rng)}) for _ in range(3)]
    for answer in await asyncio.gather(*refused, person.reads.get(f"/api/jobs/{job}")):
        assert_unavailable(answer)
    for name in ("gateway", "projector", "dispatcher", "worker"):
        said = await product.stack.processes[name].program.probe()
        assert said and said.startswith("/readyz says"), f"{name}: {said}"

    await product.stack.start("nats")
    await product.whole()
    # Below the time after which items in hands that do not answer come again: none went to where nobody listens.
    await watcher.done(within=LEASE)
    assert_seamless(watcher, len(items))
    await assert_done(person, job, items)
    assert [one["id"] for one in (await person.reads.get("/api/jobs")).json()] == [job], "nothing refused came after"
    after = await person.request(items_of(3, rng))
    await person.watch(after).done()


async def test_the_log_is_full(tmp_path, rng):
    async with running(tmp_path, log_max_bytes=6_000_000) as product, author(product) as hand:
        person = await product.person()
        for _ in range(8):
            await person.watch(await person.request(_filler(10), "noop")).done()
        items = items_of(120, rng)
        job = await person.request(items)
        watcher = person.watch(job)

        async def refused():
            answer = await person.commands.post("/api/jobs/noop", json={"items": _filler(1)})
            if answer.status_code == 200:
                await person.watch(answer.json()["id"]).done()
                return None
            assert_unavailable(answer)
            assert "nothing was accepted" in answer.json()["detail"]
            return answer

        # New jobs are refused at nine tenths; those that run end.
        await asyncio.sleep(1.1)  # so long the gateway may go by what it knew; no real log fills that fast
        accepted = 0
        while not await refused():
            accepted += 1
        assert not watcher.over
        listed = [one["id"] for one in (await person.reads.get("/api/jobs")).json()]
        assert len(listed) == 9 + accepted
        await watcher.done()
        assert_seamless(watcher, len(items))
        await assert_done(person, job, items)

        # Filled to the brim by results, jobs can still be cancelled and deleted; that makes room, and all goes on.
        await person.delete(listed[-1])
        items = items_of(60, rng, least=200)
        stuck, unwanted = await _request_soon(person, items), await _request_soon(person, items)
        with pytest.raises(LogFull):
            while True:
                await hand.log.append("u_other", "j_other", JobLogged(level="info", message="x" * 10_000))
        watcher, end = person.watch(stuck), person.watch(unwanted)
        await person.cancel(unwanted)
        assert (await end.done())["status"] == "cancelled"
        assert await refused()
        assert not watcher.over
        for one in listed[-5:-1]:
            await person.delete(one)
        await watcher.done()
        assert_seamless(watcher, len(items))
        await assert_done(person, stuck, items)


async def _request_soon(person, items):
    """A job, once there is room for it."""
    async with asyncio.timeout(30):
        while True:
            answer = await person.commands.post("/api/jobs/faulty", json={"items": items})
            if answer.status_code == 200:
                return answer.json()["id"]
            await asyncio.sleep(0.2)


def _filler(count):
    """Items of 30 kB; the log has each twice, as item and as result."""
    return [{"nom": str(number), "text": "x" * 30_000} for number in range(count)]
