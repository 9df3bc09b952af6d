"""Real processes, killed for real: the other dispatcher goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.events import ItemProcessed, JobCompleted, JobRequested
from contracts.subjects import ALL_LIFECYCLES
from tests.integration.dispatcher.office import TENANT

ROOT = Path(__file__).parents[3]
DISPATCHER = (
    "import asyncio; from shared.settings import Settings; from services.dispatcher.app import DispatcherApp; "
    "asyncio.run(DispatcherApp(Settings.from_env()).run())"
)
WORKER = (
    "import asyncio; from shared.settings import Settings; from shared.modulekit.worker import Worker; "
    "asyncio.run(Worker(Settings.from_env(), ['faulty', 'noop']).run())"
)


@pytest.fixture
def start(settings, tmp_path):
    started = []

    def run(program):
        with (tmp_path / "processes.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", program],
                cwd=ROOT,
                env=os.environ | settings.to_env(),
                stdout=output,
                stderr=output,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


async def test_kill_9_of_the_acting_dispatcher_and_of_a_worker(office, start):
    first, worker = start(DISPATCHER), start(WORKER)
    await office.request("j_1", 1000, job_type="faulty", do="sleep 30")
    await office.results_at_least("j_1", 50)
    start(DISPATCHER)
    first.kill()
    worker.kill()
    start(WORKER)
    await office.until("j_1", JobCompleted, timeout=60)
    await office.assert_whole("j_1", 1000, JobCompleted)
    events = [envelope.data for envelope in await office.history("j_1")]
    assert {event.index for event in events if isinstance(event, ItemProcessed)} == set(range(1000))
    assert not any(event.error for event in events if isinstance(event, ItemProcessed))


async def test_sigterm_ends_a_dispatcher_at_once_and_gives_the_lease_back(office, start):
    first = start(DISPATCHER)
    start(WORKER)
    await office.request("j_1", 3)
    await office.until("j_1", JobCompleted)
    first.terminate()
    assert await asyncio.to_thread(first.wait, 20) == 0
    assert not await office.lease_is_held()
    start(DISPATCHER)
    await office.request("j_2", 3)
    await office.until("j_2", JobCompleted)


async def test_nobody_who_listens_answers_in_place_of_the_log(office):
    """FastStream answers requests by itself; its answer would hide what became of a write."""
    await office.worker()
    await office.dispatcher()
    request = JobRequested(owner="u_2", job_type="noop", total=1, ef_cost=0.0, expires_at="2999-01-01T00:00:00Z")
    answers = [await office.log.append("u_2", f"j_{number}", request) for number in range(100)]
    assert answers == sorted(set(answers))
    inbox = office.client.new_inbox()
    heard = []

    async def hear(message):
        heard.append(message.data)

    await office.client.subscribe(inbox, cb=hear)
    payload = office.log.draft(TENANT, "j_1", [request]).payload
    await office.client.publish(ALL_LIFECYCLES.replace("*", "x"), payload, reply=inbox)
    await office.until("x", JobRequested, tenant="x")
    await asyncio.sleep(0.3)
    assert len(heard) == 1, "the log's own answer alone"
