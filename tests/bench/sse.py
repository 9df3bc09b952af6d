"""1 000 clients on one job's stream, 10 events a second: how long from publish to receipt.

The events are log lines that carry the moment they were published at; the clients are raw sockets in a process of
their own, so that what is measured is the server and not a client library.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from multiprocessing import get_context
from typing import Any
from urllib.parse import urlsplit

import uvloop

from contracts.events import JobLogged
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from tests.bench.running import machine, milliseconds, percentile, post, result, running

CLIENTS = 1_000
EVENTS = 100
_PER_SECOND = 10
_SENT = re.compile(rb"sent (\d+)")


class Client(asyncio.Protocol):
    """Reads one stream and notes how old each event is when it comes."""

    def __init__(self, request: bytes, ready: asyncio.Semaphore, delays: list[float]) -> None:
        self._request = request
        self._ready = ready
        self._delays = delays
        self._seen = 0
        self._is_served = False
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Note."""
        now = time.time_ns()
        if not self._is_served and b"event: status" in data:
            self._is_served = True
            self._ready.release()
        for sent in _SENT.findall(data):
            self._delays.append((now - int(sent)) / 1e9)
            self._seen += 1
        if self._seen >= EVENTS:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        """The end, of either side."""
        self.ended.set_result(None)


async def _listen(url: str, path: str, key: str, begin: Any) -> list[float]:
    parts = urlsplit(url)
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nX-API-Key: {key}\r\n\r\n".encode()
    delays: list[float] = []
    ready = asyncio.Semaphore(0)
    ends = []
    loop = asyncio.get_running_loop()
    for _ in range(CLIENTS):
        _, client = await loop.create_connection(
            lambda: Client(request, ready, delays), parts.hostname or "", parts.port or 80
        )
        ends.append(client.ended)
    for _ in range(CLIENTS):
        await ready.acquire()
    begin.set()
    await asyncio.wait(ends, timeout=60)
    return delays


def _listen_in_own_process(url: str, path: str, key: str, begin: Any) -> list[float]:
    return uvloop.run(_listen(url, path, key, begin))


async def measure() -> list[float]:
    """Seconds from publish to receipt, over all clients and events."""
    async with running() as (stack, client):
        # A module without workers: the job runs on, and nothing else happens in its stream.
        await stack.stop("worker")
        job = await post(client, [{"nom": "Exemple"}])
        tenant = (await client.get("/api/auth/me")).json()["id"]
        nats = await connect(stack.settings, "bench")
        log = EventLog(nats, "bench")
        context = get_context("spawn")
        with context.Manager() as manager, context.Pool(1) as pool:
            begin = manager.Event()
            path, key = f"/api/jobs/{job['id']}/stream", client.headers["X-API-Key"]
            listening = pool.apply_async(_listen_in_own_process, (stack.projector_url, path, key, begin))
            if not await asyncio.to_thread(begin.wait, 60):
                raise TimeoutError("not every client was served")
            for _ in range(EVENTS):
                sent = time.time_ns()
                await log.append(tenant, job["id"], JobLogged(level="info", message=f"sent {sent}"))
                await asyncio.sleep(max(0.0, 1 / _PER_SECOND - (time.time_ns() - sent) / 1e9))
            delays = await asyncio.to_thread(listening.get, 120)
        await nats.close()
    return delays


def main() -> None:
    """Print the distribution."""
    delays = asyncio.run(measure())
    expected = CLIENTS * EVENTS
    print(f"{CLIENTS} clients, {_PER_SECOND} events/s, {len(delays)} of {expected} receipts; {machine()}")
    print(f"publish to receipt: {milliseconds(delays)}")
    if len(delays) < expected:
        raise SystemExit(f"{expected - len(delays)} receipts are missing")
    result("sse_p50", statistics.median(delays) * 1000, "ms")
    result("sse_p99", percentile(delays, 0.99) * 1000, "ms")


if __name__ == "__main__":
    main()
