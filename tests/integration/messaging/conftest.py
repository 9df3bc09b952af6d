"""A nats-server of each test's own, a connection to it, and the log on it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from shared.messaging.streams import declare_log
from shared.settings import Settings
from tests.servers import NatsServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats").start()
    yield server
    server.kill()


@pytest.fixture
def settings(server: NatsServer) -> Settings:
    return Settings(nats_url=server.url, log_max_bytes=1024**3, page_cache_bytes=64 * 1024**2)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    client = await connect(settings, "test")
    yield client
    with contextlib.suppress(OSError):  # its server may be gone
        await client.close()


@pytest.fixture
async def log(client: Client, settings: Settings) -> EventLog:
    await declare_log(client.jetstream(), settings)
    return EventLog(client, "test")
