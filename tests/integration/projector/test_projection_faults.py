"""Crashes, restarts, wiped databases, two projectors: the views end up the same."""

import asyncio
import contextlib
import time

import msgspec
import pytest

from services.projector.materialise import Materialiser
from services.projector.pages import decoded_pages
from services.projector.projection import FOLDED_SUBJECTS, Fold
from services.projector.rebuild import rebuild
from shared.job import JobState, public
from shared.messaging.streams import declare_log
from shared.store import JobView, StoreUnavailable, open_store
from shared.store.driver import Driver
from tests.integration.projector.story import bad, job_id, ok, until, until_ready
from tests.servers import MongoServer

pytestmark = pytest.mark.servers


async def snapshot(store):
    """Every job as the API shows it, and its rows and reports as bytes."""
    views = await store.current(fresh=True)
    documents = await views._jobs.find({}, only=["_id"])
    shown = {}
    for job in sorted(document["_id"] for document in documents):
        view = await views.job(job)
        rows = [await views.page("rows", job, number) for number in range(len(view.rows))]
        reports = [await views.page("reports", job, number) for number in range(len(view.reports))]
        body = msgspec.json.encode(public(view.state, view_ready=view.ready))
        shown[job] = (body, tuple(view.columns) if rows else (), rows, reports)
    return shown


async def tell(story):
    """Jobs of every kind; gives those that end with rows, and those that must be gone."""
    kept = [await story.done(total=3), await story.done(total=130)]
    partial = await story.request(total=9)
    await story.start(partial)
    await story.append(partial, ok(4), bad(2), ok(2, nom="second"))
    await story.cancel(partial, processed=2)
    await story.append(partial, ok(5))
    running = await story.request(total=5)
    await story.start(running)
    await story.append(running, ok(0))
    expired = await story.done(total=4)
    await story.expire(expired)
    deleted = await story.done(total=4)
    await story.ask_delete(deleted)
    await story.delete(deleted)
    return [*kept, partial], [deleted]


async def settle(story, store, ready, gone):
    """Wait until all that was told is in the views."""
    end = await story.log.last_sequence()

    async def folded():
        return await (await store.current(fresh=True)).checkpoint() >= end

    await until(folded)
    for job in ready:
        await until_ready(store, job)
    views = await store.current(fresh=True)
    for job in gone:
        assert await views.job(job) is None


async def test_a_crash_at_any_write_or_read_of_the_store_is_harmless(
    story, settings, store, log, start_projector, monkeypatch
):
    ready, gone = await tell(story)
    reference = None
    honest = Driver.ask
    for moment in [*range(30), *range(30, 240, 7)]:
        name = f"{settings.mongodb_database}c{moment}"
        use(store, name)
        if moment and not await crash_at(moment, settings, name, story, monkeypatch, honest):
            assert moment > 100, "projecting took fewer calls than were tried"
            break
        one = await start_projector_on(start_projector, name)
        await settle(story, store, ready, gone)
        found = await snapshot(store)
        reference = reference or found
        assert found == reference, f"after a crash at call {moment}"
        assert len(found) == 5
        await one.stop()


async def start_projector_on(start_projector, name):
    one = await start_projector("after")
    use(one.store, name)
    return one


def use(store, name):
    store._name, store._views = name, None
    store._pointer = store._driver.collection(name, "pointer")


async def crash_at(moment, settings, name, story, monkeypatch, honest):
    """Project with a store that dies at its n-th call: before it is made (odd) or after it (even)."""
    calls, dead = 0, asyncio.Event()
    crashing = open_store(msgspec.structs.replace(settings, mongodb_database=name), timeout=20.0, fail_fast=False)

    async def ask(driver, call):
        nonlocal calls
        if driver is not crashing._driver:
            return await honest(driver, call)
        calls += 1
        if dead.is_set() or calls > moment // 2 + 1 or (calls == moment // 2 + 1 and moment % 2):
            dead.set()
            getattr(call, "cancel", getattr(call, "close", None))()
            await asyncio.Event().wait()
        result = await honest(driver, call)
        if calls == moment // 2 + 1:
            dead.set()
            await asyncio.Event().wait()
        return result

    async def project():
        views = await crashing.current()
        async with Materialiser(story.log, views, may_publish=_yes) as materialiser:
            fold = Fold(story.log, views, materialiser, await views.checkpoint())
            async for message in story.log.tail(*FOLDED_SUBJECTS, after=fold.position).messages():
                await fold.apply([message])

    with monkeypatch.context() as patch:
        patch.setattr(Driver, "ask", ask)
        task = asyncio.create_task(project())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(dead.wait(), 5)
        task.cancel()
        await asyncio.wait([task])
        crashing.close()
    return dead.is_set()


async def _yes():
    return True


async def test_a_restart_goes_on_at_the_checkpoint(story, store, start_projector):
    one = await start_projector()
    await settle(story, store, *await tell(story))
    before = await snapshot(store)
    await one.kill()
    more = await story.done(total=5)
    two = await start_projector("two")
    await until_ready(store, more)
    after = await snapshot(store)
    assert {job: after[job] for job in before} == before
    assert two.projector.position > 0


async def test_one_acts_and_the_other_takes_over(story, store, start_projector):
    one, two = await start_projector("one"), await start_projector("two")
    await until_ready(store, await story.done())
    acting, waiting = (one, two) if one.projector.position else (two, one)
    assert not waiting.projector.position
    await acting.kill()
    await until_ready(store, await story.done())
    assert waiting.projector.position


async def test_a_wiped_database_is_filled_again_while_it_runs(story, store, log, projector):
    ready, gone = await tell(story)
    await settle(story, store, ready, gone)
    before = await snapshot(store)
    live = (await store.current()).database
    await store._driver.drop(live)
    await until(lambda: _same(store, before))


async def test_mongodb_killed_and_wiped(story, settings, tmp_path, log, start_projector):
    """The server itself goes away in the middle, and comes back with nothing."""
    server = MongoServer(tmp_path / "mongo").start()
    store = open_store(msgspec.structs.replace(settings, mongodb_url=server.url), timeout=5.0, fail_fast=False)
    one = await start_projector()
    one.projector._store = store
    try:
        await settle(story, store, *await tell(story))
        before = await snapshot(store)
        server.kill()
        during = await story.done(total=3)
        server.start()
        await until_ready(store, during)
        server.wipe()
        await until(lambda: _same(store, before), timeout=40)
        await until_ready(store, during)
    finally:
        await one.stop()
        store.close()
        server.kill()


async def test_a_log_that_was_replaced_gives_new_views(story, store, client, settings, start_projector):
    one = await start_projector()
    old = await story.done()
    for _ in range(5):
        old = await story.done()
    await until_ready(store, old)
    await one.stop()
    await client.jetstream().delete_stream("JOBS")
    await declare_log(client.jetstream(), settings)
    new = await story.done()
    await start_projector("two")
    await until_ready(store, new)
    assert list(await snapshot(store)) == [new]


async def test_rebuild_is_byte_equal_and_the_projector_follows(story, store, settings, projector):
    ready, gone = await tell(story)
    await settle(story, store, ready, gone)
    before = await snapshot(store)
    live = (await store.current()).database

    rebuilt = await rebuild(settings)

    assert rebuilt.database != live
    assert (await store.current(fresh=True)).database == rebuilt.database
    assert await snapshot(store) == before
    after = await story.done(total=2)
    await until_ready(store, after)
    again = await rebuild(settings)
    assert await store._driver.databases() and again.database.endswith("_3")
    assert {job: found for job, found in (await snapshot(store)).items() if job != after} == before


async def test_rebuild_while_jobs_go_on(story, store, settings, projector):
    stop = asyncio.Event()
    told = []

    async def work():
        while not stop.is_set():
            told.append(await story.done(total=2))
            await asyncio.sleep(0.02)

    worker = asyncio.create_task(work())
    await until(lambda: _enough(told, 5))
    await rebuild(settings)
    enough = len(told) + 5
    await until(lambda: _enough(told, enough))
    stop.set()
    await worker
    for job in told:
        await until_ready(store, job)
    assert sorted(await snapshot(store)) == sorted(told)


async def _enough(told, count):
    return len(told) >= count


async def _same(store, before):
    try:
        return {job: found for job, found in (await snapshot(store)).items() if job in before} == before
    except StoreUnavailable:
        return False


async def test_listing_1200_jobs(story, store, settings):
    views = await store.current()
    await views.prepare()
    now = time.time()
    # Most of them recent, some months old, two in the same millisecond.
    ids = [job_id(now - 3600 * 24 * age / 10) for age in range(1199)]
    ids.append(job_id(now - 3600 * 24 * 119.8))
    other = job_id()
    await views.save(
        [JobView(state=JobState(id=job, tenant="u_1", phase="pending", total=1), seq=1) for job in ids]
        + [JobView(state=JobState(id=other, tenant="u_2", phase="pending", total=1), seq=1)]
    )
    ids.sort(reverse=True)
    listed = []
    while page := await views.newest("u_1", limit=500, offset=len(listed)):
        listed += [view.state.id for view in page]
        assert len(page) in (500, 200)
    assert listed == ids
    assert [view.state.id for view in await views.newest("u_1", limit=7, offset=1195)] == ids[1195:]
    assert await views.newest("u_1", limit=1, offset=1200) == []
    assert await views.newest("u_3", limit=100) == []
    assert [view.state.id for view in await views.newest("u_2", limit=100)] == [other]


async def test_a_second_layout_of_the_same_job_is_harmless(story, store, log, projector):
    job = await story.done(total=30)
    view = await until_ready(store, job)
    views = await store.current()
    rows = [row async for page in decoded_pages(views, view) for row in page]
    async with Materialiser(log, views, may_publish=_yes) as materialiser:
        materialiser.begin(view)
        await materialiser.idle()
    again = await views.job(job)
    assert again == view
    assert [row async for page in decoded_pages(views, again) for row in page] == rows
