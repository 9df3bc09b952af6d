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

from contracts.events import JobLogged
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from tests.bench.running import machine, milliseconds, percentile, post, result, running

CLIENTS = 1_000
EVENTS = 100
_PER_SECOND = 10
_SENT = re.compile(rb"sent (\d+)")


async def _client(host: str, port: int, path: str, key: str, ready: asyncio.Semaphore, delays: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n\r\n".encode())
    seen = 0
    first = True
    while seen < EVENTS:
        chunk = await reader.read(65536)
        if not chunk:
            break
        now = time.time_ns()
        if first and b"event: status" in chunk:
            first = False
            ready.release()
        for sent in _SENT.findall(chunk):
            delays.append((now - int(sent)) / 1e9)
            seen += 1
    writer.close()


async def _listen(url: str, path: str, key: str, begin: Any) -> list[float]:
    parts = urlsplit(url)
    delays: list[float] = []
    ready = asyncio.Semaphore(0)
    clients = []
    for number in range(CLIENTS):
        clients.append(asyncio.create_task(_client(parts.hostname or "", parts.port or 80, path, key, ready, delays)))
        if number % 100 == 99:
            await asyncio.sleep(0)
    for _ in range(CLIENTS):
        await ready.acquire()
    begin.set()
    await asyncio.wait(clients, timeout=60)
    return delays


def _listen_in_own_process(url: str, path: str, key: str, begin: Any) -> list[float]:
    return asyncio.run(_listen(url, path, key, begin))


async def measure() -> list[float]:
    """Seconds from publish to receipt, over all clients and events."""
    async with running() as (stack, client):
        # A module without workers: the job runs on, and nothing else happens in its stream.
        await stack.stop("worker")
        job = await post(client, [{"site_web": "https://exemple.test"}])
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
