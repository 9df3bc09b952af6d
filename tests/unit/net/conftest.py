from __future__ import annotations

import asyncio
import re
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.net.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.start()
    yield world
    await world.stop()


@pytest.fixture
async def nats_url(tmp_path: Path) -> AsyncIterator[str]:
    """A real nats-server with JetStream, on a free port, for one test."""
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    arguments = ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(tmp_path / "jetstream")]
    server = await asyncio.create_subprocess_exec(
        str(program), *arguments, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    assert server.stderr is not None
    url = ""
    async for line in server.stderr:
        if found := re.search(rb"client connections on ([\d.:]+)", line):
            url = f"nats://{found[1].decode()}"
        if b"Server is ready" in line:
            break
    drain = asyncio.create_task(server.stderr.read())
    yield url
    server.terminate()
    await server.wait()
    await drain
