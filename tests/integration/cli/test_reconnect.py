"""`--follow` across the death of the service, and a further worker beside the running stack."""

import asyncio
import json

import pytest

from deploy.stack import Stack
from services.cli.users import create_user
from shared.settings import Settings
from tests.integration.cli.conftest import outsend_command
from tests.live import MODULES, ROOT

pytestmark = pytest.mark.servers


async def command(folder, env, *arguments):
    return await asyncio.create_subprocess_exec(
        *outsend_command(*arguments),
        env=env | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def line_with(stream, words):
    while line := (await asyncio.wait_for(stream.readline(), 60)).decode():
        if words in line:
            return line
    raise AssertionError(f"it ended without saying {words!r}")


async def test_following_survives_a_killed_service_and_a_further_worker_joins(tmp_path, bare_env):
    settings = Settings(data_dir=tmp_path / "data", module_folders=[MODULES], log_json=False)
    (tmp_path / "leads.json").write_text(json.dumps([{"nom": str(n), "do": "sleep 400"} for n in range(150)]))
    async with Stack(settings) as stack:
        key = await create_user(stack.settings, "a@example.com", "correct horse", api_key=True)
        env = bare_env | {"OUTSEND_API_KEY": key, "OUTSEND_DATA_DIR": str(tmp_path / "data")}
        follower = await command(tmp_path, env, "jobs", "create", "faulty", "leads.json", "--follow")
        await line_with(follower.stderr, "faulty: ")
        stack.processes["edge"].kill()
        await line_with(follower.stderr, "The connection is lost")

        await stack.stop("worker")
        worker = await command(tmp_path, env, "worker", "faulty")
        out, err = await asyncio.wait_for(follower.communicate(), 60)
        assert follower.returncode == 0
        assert b"150 with results, 0 in error, 150 of 150 processed" in err
        assert out.count(b"\n") == 101  # a header and the first hundred rows
        worker.terminate()
        await asyncio.wait_for(worker.communicate(), 30)
        assert worker.returncode == 0
