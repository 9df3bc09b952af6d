"""`Stack` as tests of the product use it: processes that can be killed, paused, stopped and started."""

import os
import signal
from contextlib import asynccontextmanager

import httpx
import pytest

from deploy.child import StackError
from deploy.ports import Ports
from deploy.stack import Stack
from services.cli.users import create_user
from shared.settings import Settings
from tests.live import MODULES

pytestmark = pytest.mark.servers


@asynccontextmanager
async def separate(folder, **options):
    settings = Settings(data_dir=folder, module_folders=[MODULES], log_json=False)
    async with Stack(settings, layout="separate", **options) as stack:
        yield stack


async def ended(reads, job, headers):
    async with reads.stream("GET", f"/api/jobs/{job}/stream", headers=headers, timeout=60) as answer:
        async for line in answer.aiter_lines():
            if line == "event: done":
                break
    return (await reads.get(f"/api/jobs/{job}", headers=headers)).json()


async def test_services_run_apart_and_a_job_survives_the_death_of_each(tmp_path):
    said = []
    async with separate(tmp_path, say=said.append) as stack:
        assert set(stack.processes) == {"nats", "mongodb", "gateway", "projector", "dispatcher", "worker"}
        headers = {"X-API-Key": await create_user(stack.settings, "a@example.com", "correct horse", api_key=True)}
        items = [{"nom": str(number), "do": "sleep 300"} for number in range(100)]
        async with (
            httpx.AsyncClient(base_url=stack.gateway_url) as commands,
            httpx.AsyncClient(base_url=stack.projector_url) as reads,
        ):
            answer = await commands.post("/api/jobs/faulty", json={"items": items}, headers=headers)
            job = answer.json()["id"]
            for name in stack.processes:
                before = stack.processes[name].pid
                stack.processes[name].kill()
                assert not stack.processes[name].is_ready
                await stack.ready(name)
                assert stack.processes[name].pid != before
            job = await ended(reads, job, headers)
    assert (job["status"], job["processed_points"], job["error_count"]) == ("done", 100, 0)
    assert len([line for line in said if "was killed by SIGKILL; starting it again" in line]) == 6


async def test_processes_can_be_stopped_started_restarted_and_multiplied(tmp_path):
    async with separate(tmp_path, replicas={"dispatcher": 2}) as stack:
        assert stack.processes["dispatcher-2"].is_ready
        pid = stack.processes["dispatcher"].pid
        await stack.stop("dispatcher")
        assert stack.processes["dispatcher"].pid is None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        await stack.start("dispatcher")
        stack.processes["dispatcher-2"].send(signal.SIGSTOP)
        await stack.restart("dispatcher-2")  # a paused one is ended too
        assert stack.processes["dispatcher-2"].starts == 2


async def test_a_process_that_is_not_ready_in_time_is_named(tmp_path):
    with pytest.raises(StackError, match=r"is not ready after 0\.2 s: nobody answers on port \d+"):
        async with separate(tmp_path, timeout=0.2):
            pass


async def test_a_folder_is_let_go_after_a_failure(tmp_path):
    settings = Settings(data_dir=tmp_path, host="192.0.2.1")
    for _ in range(2):
        with pytest.raises(StackError, match=r"listens on 127\.0\.0\.1 or 0\.0\.0\.0 only"):
            async with Stack(settings, ports=Ports()):
                pass
