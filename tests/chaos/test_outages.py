"""A server is away for a while, or full: what works goes on, what cannot is refused, and nothing is lost."""

import asyncio

from tests.chaos.product import running
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
    items = items_of(150, rng)
    job = await person.request(items)
    watcher = person.watch(job)
    await watcher.processed(10)
    await product.down("nats")

    refused = [person.commands.post("/api/jobs/faulty", json={"items": items_of(1, rng)}) for _ in range(3)]
    for answer in await asyncio.gather(*refused):
        assert_unavailable(answer)
    assert_unavailable(await person.reads.get(f"/api/jobs/{job}"))
    for name in ("gateway", "projector", "dispatcher", "worker"):
        said = await product.stack.processes[name].program.probe()
        assert said and said.startswith("/readyz says"), f"{name}: {said}"

    await product.stack.start("nats")
    await product.whole()
    await watcher.done()
    assert_seamless(watcher, len(items))
    await assert_done(person, job, items)
    assert [one["id"] for one in (await person.reads.get("/api/jobs")).json()] == [job], "nothing refused came after"
    after = await person.request(items_of(3, rng))
    await person.watch(after).done()


async def test_the_log_is_nearly_full(tmp_path, rng):
    async with running(tmp_path, log_max_bytes=6_000_000) as product:
        person = await product.person()
        for _ in range(7):
            await person.watch(await person.request(_filler(10))).done()
        items = items_of(80, rng)
        job = await person.request(items)
        watcher, fillers = person.watch(job), []
        for _ in range(20):
            answer = await person.commands.post("/api/jobs/noop", json={"items": _filler(2)})
            if answer.status_code != 200:
                break
            fillers.append(answer.json()["id"])
            await person.watch(fillers[-1]).done()
        assert_unavailable(answer)
        assert "nothing was accepted" in answer.json()["detail"]
        assert not watcher.over
        listed = (await person.reads.get("/api/jobs")).json()
        assert [one["id"] for one in listed[: len(fillers)]] == fillers[::-1]

        await watcher.done()
        assert_seamless(watcher, len(items))
        await assert_done(person, job, items)

        for one in listed[-3:]:
            await person.delete(one["id"])
        async with asyncio.timeout(10):
            while (await person.commands.post("/api/jobs/noop", json={"items": _filler(1)})).status_code != 200:
                await asyncio.sleep(0.2)


def _filler(count):
    """Items of 30 kB; the log has each twice, as item and as result."""
    return [{"nom": str(number), "text": "x" * 30_000, "do": ""} for number in range(count)]
