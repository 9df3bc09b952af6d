"""The edge app behind a real server, over the servers of the projector's tests."""

import asyncio

import httpx
import pytest

from services.edge.app import create_app
from shared.api.server import make_server
from tests.integration.projector.conftest import client, log, mongo_server, nats_server, settings

__all__ = ["client", "log", "mongo_server", "nats_server", "settings"]


@pytest.fixture
async def edge(settings, client):
    app = create_app(settings)
    server = make_server(app, settings, app.streams, port=0)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await asyncio.wait_for(task, 15)


@pytest.fixture
async def http(edge):
    async with httpx.AsyncClient(base_url=edge, timeout=20) as http:
        yield http
