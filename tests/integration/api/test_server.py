"""The server leaves at once on a signal, open event streams or not, and its lifespan runs to its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

PROGRAM = """
import asyncio
from contextlib import asynccontextmanager

from litestar import get
from litestar.response import ServerSentEvent

from shared.api.app import make_app
from shared.api.server import make_server
from shared.settings import Settings


@get("/stream")
async def stream(state: "State") -> ServerSentEvent:
    async def events():
        ended = asyncio.Event()
        with state.streams.open(ended.set):
            yield {"data": "open"}
            await ended.wait()
            yield {"data": "bye"}
    return ServerSentEvent(events())


@asynccontextmanager
async def lifespan(app):
    yield
    print("closed", flush=True)


from litestar.datastructures import State

settings = Settings()
app = make_app(title="t", routes=[stream], settings=settings, lifespan=lifespan)
server = make_server(app, settings, app.state.streams, port=0)
startup = server.startup

async def startup_and_say(sockets=None):
    await startup(sockets)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)

server.startup = startup_and_say
server.run()
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("streams", [0, 20])
def test_it_leaves_at_once_and_cleanly(sign, streams):
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    port = int(process.stdout.readline())
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert client.get("/livez").status_code == 200
        opened = [client.send(client.build_request("GET", "/stream"), stream=True) for _ in range(streams)]
        bodies = [response.iter_text() for response in opened]
        assert all("open" in next(body) for body in bodies)
        asked = time.monotonic()
        process.send_signal(sign)
        rest = ["".join(body) for body in bodies]
        assert process.wait(30) == 0
        assert time.monotonic() - asked < 7, "0.2 s; streams that are waited for take the ten of the drain"
        assert all("bye" in text for text in rest)
    assert process.stdout.read() == "closed\n"
    assert process.stderr.read() == ""
