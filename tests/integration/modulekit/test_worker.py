"""Real worker processes, killed and stopped for real."""

from __future__ import annotations

import asyncio
import signal

from contracts import subjects
from contracts.events import CancelRequested
from shared.messaging.streams import module_consumer


async def ended(process):
    return await asyncio.wait_for(asyncio.to_thread(process.wait), 30)


async def add_consumer(workshop, ack_wait=1.0):
    config = module_consumer("faulty")
    config.ack_wait = ack_wait
    await workshop.js.add_consumer(subjects.QUEUE_STREAM, config)


async def test_an_item_that_kills_its_worker_is_convicted_and_its_neighbours_are_not(empty_workshop, start_worker):
    workshop = empty_workshop
    await add_consumer(workshop)
    rows = [{"nom": f"n{number}"} for number in range(12)]
    rows[4] = {"nom": "killer", "do": "exit"}
    await workshop.put(*rows, slug="faulty")
    results = asyncio.create_task(workshop.indexes(12))
    deaths = 0
    while not results.done():
        worker = asyncio.create_task(ended(start_worker("faulty")))
        await asyncio.wait({worker, results}, return_when=asyncio.FIRST_COMPLETED)
        deaths += worker.done()
        worker.cancel()
    events = {event.index: event for event in results.result()}
    assert set(events) == set(range(12))
    assert {index for index, event in events.items() if event.error} == {4}
    assert (events[4].error.code, deaths) == ("worker_died", 3)


async def test_kill_9_costs_nothing(empty_workshop, start_worker):
    workshop = empty_workshop
    await add_consumer(workshop)
    await workshop.put(*[{"nom": f"n{number}", "do": "sleep 20"} for number in range(60)], slug="faulty")
    first = start_worker("faulty")
    await workshop.results(5)
    first.kill()
    await ended(first)
    start_worker("faulty")
    await workshop.queue_is_empty()
    results = await workshop.all_results()
    assert {event.index for event in results} == set(range(60))
    assert not any(event.error for event in results)


async def test_sigterm_finishes_what_runs_and_suspects_nobody(empty_workshop, start_worker):
    workshop = empty_workshop
    await add_consumer(workshop, ack_wait=10)
    await workshop.put(*[{"nom": f"n{number}", "do": "sleep 100"} for number in range(60)], slug="faulty")
    first = start_worker("faulty")
    await workshop.results(5)
    first.send_signal(signal.SIGTERM)
    assert await ended(first) == 0
    start_worker("faulty")
    await workshop.queue_is_empty()
    results = await workshop.all_results()
    assert sorted(event.index for event in results) == list(range(60)), "nothing ran twice"
    assert (await workshop.consumer("faulty")).num_redelivered == 0


async def test_a_cancelled_jobs_items_are_dropped(empty_workshop, start_worker):
    workshop = empty_workshop
    await add_consumer(workshop, ack_wait=10)
    await workshop.put(*[{"nom": f"n{number}", "do": "sleep 300"} for number in range(200)], slug="faulty")
    start_worker("faulty")
    await workshop.results(1)
    await workshop.log.append("u_1", "j_1", CancelRequested(by="u_1"))
    await workshop.queue_is_empty()
    await workshop.put({"nom": "other"}, job="j_2", slug="faulty")
    await workshop.results(1, "j_2")
    assert 0 < len(await workshop.all_results()) < 100
