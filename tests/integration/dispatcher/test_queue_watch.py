"""When the queue may have lost something: each way it is noticed, and that it is not noticed otherwise."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from contracts import subjects
from contracts.events import JobStarted
from services.dispatcher.active import ActiveJob, ItemKey
from services.dispatcher.queue_watch import QueueWatch
from shared.job import fold
from shared.messaging.connection import check_server
from shared.modulekit.registry import module_specs
from tests.unit.job.given import envelope, request

ALL = {"faulty", "noop"}


@pytest.fixture
async def watch(client, log, settings):
    specs = [spec for spec in module_specs(settings).values() if spec.slug in ALL]
    watch = QueueWatch(client, settings, specs)
    assert await watch.check([]) == ALL, "what lay there before is unknown"
    assert await watch.check([]) == set()
    return watch


def running(job_type="noop", out=3):
    job = ActiveJob("u_1", "j_1")
    job.state = fold(map(envelope, [request(10, job_type=job_type), JobStarted()]))
    job.outstanding = set(map(ItemKey, range(out)))
    return job


async def test_a_stream_made_anew_lost_everything(watch, client):
    await client.jetstream().delete_stream("ITEMS")
    assert await watch.check([]) == ALL
    assert await watch.check([]) == set()
    assert (await client.jetstream().stream_info("ITEMS")).config.retention == "workqueue"


async def test_a_consumer_made_anew_lost_its_modules_items(watch, client):
    await client.jetstream().delete_consumer("ITEMS", subjects.durable("noop"))
    assert await watch.check([]) == {"noop"}
    assert await watch.check([]) == set()


async def test_after_a_reconnect_everything_may_be_lost(watch, client, server):
    before = client.stats["reconnects"]
    server.restart()
    async with asyncio.timeout(20):
        while client.stats["reconnects"] == before:
            await asyncio.sleep(0.02)
        await check_server(client)
    assert await watch.check([]) == ALL
    assert await watch.check([]) == set()


async def test_a_module_that_stands_idle_twice_running_with_items_out_lost_them(watch):
    jobs = [running()]
    assert [await watch.check(jobs) for _ in range(3)] == [set(), {"noop"}, set()]


async def test_items_that_wait_or_results_that_come_are_no_idleness(watch, client):
    jobs = [running()]
    await client.jetstream().publish(subjects.item_subject("noop", "j_1"), b"{}")
    assert [await watch.check(jobs) for _ in range(4)] == [set()] * 4
    await client.jetstream().purge_stream("ITEMS")
    for _ in range(4):
        jobs[0].state = replace(jobs[0].state, processed=jobs[0].state.processed + 1)
        assert await watch.check(jobs) == set()
