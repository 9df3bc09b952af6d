"""A job always ends, once, with counts that are true: whatever happens to dispatcher, queue and broker."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from datetime import datetime

import msgspec
import pytest

from contracts import codec, subjects
from contracts.events import (
    CancelRequested,
    DeleteRequested,
    ItemProcessed,
    JobCancelled,
    JobCompleted,
    JobDeleted,
    JobEnded,
    JobExpired,
    JobFailed,
    JobLogged,
    JobRequested,
    JobStarted,
)
from contracts.items import WorkerPresence
from contracts.subjects import job_subject
from services.dispatcher import dispatcher as dispatcher_module
from services.dispatcher import no_worker
from services.dispatcher.dispatcher import Dispatcher
from services.dispatcher.window import Presences
from shared.messaging.cancelling import cancel
from shared.messaging.connection import connect
from shared.messaging.lease import Lease
from shared.messaging.log import EventLog
from shared.messaging.streams import leases_bucket
from shared.modulekit.registry import module_specs
from tests.integration.dispatcher.office import TENANT

SLOW = {"job_type": "faulty", "do": "sleep 60"}
HANGS = {"job_type": "faulty", "do": "hang"}


async def test_every_item_has_its_result_and_the_job_ends_once(office):
    await office.dispatcher()
    await office.worker()
    await office.request("j_1", 1000)
    await office.until("j_1", JobCompleted)
    await office.assert_whole("j_1", 1000, JobCompleted)
    events = [envelope.data for envelope in await office.history("j_1")]
    assert {event.index for event in events if isinstance(event, ItemProcessed)} == set(range(1000))
    assert [type(event) for event in events[2:4]] == [JobRequested, JobStarted]
    assert (await office.js.stream_info("ITEMS")).state.messages == 0


async def test_a_job_without_items_and_one_without_its_module_end(office):
    await office.dispatcher()
    await office.request("j_1", 0)
    await office.request("j_2", 2, job_type="visites")
    await office.until("j_1", JobCompleted)
    failed = await office.until("j_2", JobFailed)
    assert "visites" in failed.data.error_message
    assert failed.data.ef_cost == 0


async def test_a_job_that_was_asked_for_before_the_dispatcher_came_is_served(office):
    await office.request("j_1", 3)
    await office.worker()
    await office.dispatcher()
    await office.until("j_1", JobCompleted)


# Fences


async def act(role, settings, stack):
    """A dispatcher that believes to act, by a lease of its own."""
    client = await connect(settings, role)
    stack.push_async_callback(client.close)
    presences = Presences()

    async def hear(message):
        presences.hear(msgspec.json.decode(message.data, type=WorkerPresence))

    await client.subscribe(subjects.ALL_PRESENCE, cb=hear)
    lease = Lease(await leases_bucket(client.jetstream(), settings), role, role)
    await lease.acquire()
    stack.push_async_callback(lease.release)
    dispatcher = Dispatcher(EventLog(client, role), lease, settings, module_specs(settings), presences)
    term = asyncio.create_task(dispatcher.act())
    stack.push_async_callback(cancel, [term])
    return dispatcher


def most_running(envelopes):
    """The greatest number of jobs that ran at once, by the order of the log."""
    running, most = set(), 0
    for envelope in envelopes:
        if isinstance(envelope.data, JobStarted):
            running.add(envelope.subject)
        elif isinstance(envelope.data, JobEnded):
            running.discard(envelope.subject)
        most = max(most, len(running))
    return most


async def lifecycles(office):
    messages = [codec.decode(message.payload) async for message in office.log.read(subjects.ALL_LIFECYCLES)]
    return [envelope for message in messages for envelope in message]


async def test_two_dispatchers_at_once_start_no_sixth_job_and_end_none_twice(office, settings):
    async with contextlib.AsyncExitStack() as stack:
        await office.worker("faulty")
        await act("first", settings, stack)
        await act("second", settings, stack)
        jobs = [f"j_{number}" for number in range(9)]
        await asyncio.gather(*(office.request(job, 8, **SLOW) for job in jobs))
        await asyncio.gather(*(office.until(job, JobEnded) for job in jobs))
        history = await lifecycles(office)
        assert most_running(history) == 5
        kinds = Counter((envelope.subject, type(envelope.data).__name__) for envelope in history)
        assert set(kinds.values()) == {1}
        for job in jobs:
            await office.assert_whole(job, 8, JobCompleted)


async def test_a_dispatcher_that_knows_too_little_cannot_start_a_sixth_job(office, settings, monkeypatch):
    """It saw six jobs wait and never heard that another one started five: only the fence over the tenant stops it."""
    async with contextlib.AsyncExitStack() as stack:
        idle = await act("second", msgspec.structs.replace(settings, running_jobs_per_user=0), stack)
        for number in range(6):
            await office.request(f"j_{number}", 1, **HANGS)
        async with asyncio.timeout(30):
            while sum(job.state.phase == "pending" for job in idle._jobs.values()) < 6:
                await asyncio.sleep(0.02)
        deaf, tried, changed = asyncio.Event(), [], asyncio.Event()
        append = idle._log.append

        async def see(message):
            await deaf.wait()

        async def attempt(tenant, job, event, *, fence):
            try:
                return await append(tenant, job, event, fence=fence)
            finally:
                tried.append(job)
                changed.set()

        monkeypatch.setattr(idle, "_see", see)
        await act("first", settings, stack)
        async with asyncio.timeout(30):
            while most_running(await lifecycles(office)) < 5:
                await asyncio.sleep(0.05)
        monkeypatch.setattr(idle._log, "append", attempt)
        monkeypatch.setattr(idle._admission, "_limit", settings.running_jobs_per_user)
        async with asyncio.timeout(30):
            while len(tried) < 3:  # again and again; the oldest, before it nobody's turn comes
                changed.clear()
                await changed.wait()
        assert most_running(await lifecycles(office)) == 5
        deaf.set()


async def test_a_start_by_another_dispatcher_counts_at_once(office, settings, monkeypatch):
    """It comes by between two starts of one round: the fence knows it then, so the count must."""
    async with contextlib.AsyncExitStack() as stack:
        acting = await act("first", msgspec.structs.replace(settings, running_jobs_per_user=0), stack)
        for number in range(7):
            await office.request(f"j_{number}", 1, **HANGS)
        async with asyncio.timeout(30):
            while sum(job.state.phase == "pending" for job in acting._jobs.values()) < 7:
                await asyncio.sleep(0.02)
        append, last = acting._log.append, asyncio.Event()

        async def interrupted(tenant, job, event, *, fence):
            sequence = await append(tenant, job, event, fence=fence)
            if job == "j_0":
                await office.log.append(tenant, "j_6", JobStarted())
                while acting._jobs["j_6"].state.phase != "running":
                    await asyncio.sleep(0.01)
            if job == "j_3":
                last.set()
            return sequence

        monkeypatch.setattr(acting._log, "append", interrupted)
        monkeypatch.setattr(acting._admission, "_limit", settings.running_jobs_per_user)
        await asyncio.wait_for(last.wait(), 30)
        await asyncio.sleep(3 * dispatcher_module._TICK)
        assert most_running(await lifecycles(office)) == 5


async def test_a_users_sixth_job_waits_and_another_users_does_not(office):
    await office.dispatcher()
    await office.worker("faulty")
    for number in range(6):
        await office.request(f"j_{number}", 1, **HANGS)
    await office.request("j_other", 1, tenant="u_2", job_type="noop")
    await office.until("j_other", JobStarted, tenant="u_2")
    async with asyncio.timeout(30):
        while (states := [(await office.state(f"j_{n}")).phase for n in range(6)]).count("running") < 5:
            await asyncio.sleep(0.05)
    await office.until(f"j_{states.index('pending')}", JobStarted)  # an item's limit of time ends another one
    assert most_running([e for e in await lifecycles(office) if e.tenant == TENANT]) == 5


# What the dispatcher answers each failure


async def test_a_dispatcher_that_loses_its_lease_is_followed_by_another(office, client, settings):
    await office.dispatcher()
    await office.worker("faulty")
    await office.request("j_1", 400, **SLOW)
    await office.results_at_least("j_1", 60)
    await office.dispatcher()
    # The key goes, as when nobody renewed it: for a moment both act.
    await (await leases_bucket(client.jetstream(), settings)).delete("dispatcher")
    await office.until("j_1", JobCompleted)
    await office.assert_whole("j_1", 400, JobCompleted)


async def test_the_dispatchers_own_end_lets_the_next_one_begin_at_once(office):
    first = await office.dispatcher()
    await office.worker("faulty")
    await office.request("j_1", 200, **SLOW)
    await office.results_at_least("j_1", 40)
    await first._stop()
    assert not await office.lease_is_held()
    await office.dispatcher()
    await office.until("j_1", JobCompleted)
    await office.assert_whole("j_1", 200, JobCompleted)


async def lose_the_stream(office, server):
    await office.js.delete_stream("ITEMS")


async def lose_the_consumer(office, server):
    await office.js.delete_consumer("ITEMS", subjects.durable("faulty"))


async def lose_the_items(office, server):
    await office.js.purge_stream("ITEMS")


async def lose_the_server(office, server):
    await asyncio.to_thread(server.restart)


@pytest.mark.parametrize("lose", [lose_the_stream, lose_the_consumer, lose_the_items, lose_the_server])
async def test_what_the_queue_loses_is_derived_anew(office, server, lose):
    await office.dispatcher()
    await office.worker("faulty")
    await office.request("j_1", 200, **SLOW)
    await office.results_at_least("j_1", 40)
    await lose(office, server)
    await office.until("j_1", JobCompleted)
    await office.assert_whole("j_1", 200, JobCompleted)


async def test_a_message_that_cannot_be_read_stops_no_other_job(office):
    await office.js.publish(job_subject(TENANT, "j_0", "lifecycle"), b"nonsense")
    await office.request("j_1", 3)
    await office.js.publish(job_subject(TENANT, "j_1", "results"), b"\xff")
    await office.dispatcher()
    await office.worker()
    await office.request("j_2", 3)
    await office.js.publish(job_subject(TENANT, "j_2", "log"), b"[{}]")
    await office.js.publish(job_subject(TENANT, "j_3", "lifecycle"), b'[{"type": "outsend.job_renamed.v1"}]')
    async with asyncio.timeout(30):
        for job in ("j_1", "j_2"):
            lifecycle = job_subject(TENANT, job, "lifecycle")
            while not isinstance(codec.decode((await office.log.last(lifecycle)).payload)[-1].data, JobCompleted):
                await asyncio.sleep(0.05)


# Cancelling, deleting, expiring


async def test_a_running_job_is_cancelled_within_two_seconds(office):
    await office.dispatcher()
    await office.worker("faulty")
    await office.request("j_1", 300, **SLOW)
    await office.request("j_2", 30, **HANGS)
    await office.results_at_least("j_1", 40)
    await office.until("j_2", JobStarted)
    for job in ("j_1", "j_2"):
        await office.log.append(TENANT, job, CancelRequested(by=TENANT))
    for job in ("j_1", "j_2"):
        ended = await office.until(job, JobEnded)
        asked = await office.until(job, CancelRequested)
        assert isinstance(ended.data, JobCancelled)
        assert (datetime.fromisoformat(ended.time) - datetime.fromisoformat(asked.time)).total_seconds() < 2
    state = await office.state("j_1")
    assert 40 <= state.processed < 300
    assert state.ef_cost == pytest.approx(0.1 * state.processed / 300)
    await office.assert_whole("j_1", state.processed, JobCancelled)
    waiting = (await office.js.stream_info("ITEMS", subjects_filter="items.*.j_1")).state.subjects or {}
    assert not waiting


async def test_a_pending_job_is_cancelled_at_once(office):
    await office.request("j_1", 5)
    await office.log.append(TENANT, "j_1", CancelRequested(by=TENANT))
    await office.dispatcher()
    ended = await office.until("j_1", JobCancelled)
    assert (ended.data.processed_points, ended.data.ef_cost) == (0, 0)
    assert not any(isinstance(envelope.data, JobStarted) for envelope in await office.history("j_1"))


async def complete(office, job="j_1", **more):
    await office.request(job, 5, **more)
    await office.until(job, JobCompleted)


async def test_of_a_deleted_job_only_its_deletion_stays_and_late_results_go_on_sight(office):
    await office.dispatcher()
    await office.worker()
    await complete(office)
    await office.log.append(TENANT, "j_1", JobLogged(level="info", message="…"))
    await office.log.append(TENANT, "j_1", DeleteRequested(by=TENANT))
    await office.until_left("j_1", lifecycle=1)
    (left,) = await office.history("j_1")
    assert (type(left.data), left.data.ef_cost) == (JobDeleted, 0.1)
    await office.log.append(TENANT, "j_1", ItemProcessed(index=0))
    await office.log.append(TENANT, "j_1", JobLogged(level="info", message="…"))
    await office.until_left("j_1", lifecycle=1)


async def test_a_pending_job_is_deleted(office):
    await office.request("j_1", 5)
    await office.log.append(TENANT, "j_1", DeleteRequested(by=TENANT))
    await office.dispatcher()
    await office.until_left("j_1", lifecycle=1)
    assert [envelope.data for envelope in await office.history("j_1")] == [JobDeleted(ef_cost=0)]


async def test_what_a_deletion_left_behind_is_purged_at_the_next_start(office):
    await office.request("j_1", 5)
    await office.log.append(TENANT, "j_1", DeleteRequested(by=TENANT))
    await office.log.append(TENANT, "j_1", JobDeleted(ef_cost=0))  # and then the dispatcher died
    assert len(await office.left("j_1")) == 2
    await office.dispatcher()
    await office.until_left("j_1", lifecycle=1)


async def test_an_expired_job_keeps_its_summary_alone(office):
    await office.dispatcher()
    await office.worker()
    await complete(office, expires=1.5)
    before = await office.state("j_1")
    expired = await office.until("j_1", JobExpired)
    assert expired.time >= before.expires_at
    await office.until_left("j_1", lifecycle=4)
    after = await office.state("j_1")
    assert after.expired
    counters = ("processed", "results", "errors", "attempts", "rows", "ef_cost", "completed_at")
    assert [getattr(after, name) for name in counters] == [getattr(before, name) for name in counters]
    await office.log.append(TENANT, "j_1", ItemProcessed(index=0))
    await office.until_left("j_1", lifecycle=4)


async def test_a_job_that_expired_while_nobody_acted_expires_at_the_next_start(office):
    await office.worker()
    first = await office.dispatcher()
    await complete(office, expires=1.0)
    await first._stop()
    await asyncio.sleep(1.0)
    await office.dispatcher()
    await office.until("j_1", JobExpired)
    await office.until_left("j_1", lifecycle=4)


# Fairness and what is said


async def test_a_large_job_keeps_no_small_one_waiting(office):
    await office.dispatcher()
    await office.worker("faulty")
    await office.request("j_big", 10_000, **SLOW)
    await office.results_at_least("j_big", 40)
    await office.request("j_small", 5, tenant="u_2", **SLOW)
    await office.until("j_small", JobCompleted, tenant="u_2")
    big = await office.state("j_big")
    assert big.processed < 2_000
    queued = (await office.js.stream_info("ITEMS")).state.messages
    assert queued <= 200, "a bounded window, not the whole job"


async def test_who_watches_is_told_once_that_no_worker_runs(office, monkeypatch):
    monkeypatch.setattr(no_worker, "_AFTER", 0.2)
    await office.dispatcher()
    await office.request("j_1", 5)
    line = await office.until("j_1", JobLogged)
    assert (line.data.level, "noop" in line.data.message) == ("warn", True)
    await office.worker()
    await office.until("j_1", JobCompleted)
    assert sum(isinstance(envelope.data, JobLogged) for envelope in await office.history("j_1")) == 1
