"""One client's server-sent events: an ASGI response that follows a job's hub."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator

from litestar.types import Receive, Scope, Send

from services.projector.frames import HEARTBEAT, RETRY
from services.projector.hub import Hub, Hubs
from shared.api.streams import OpenStreams
from shared.job import ABSENT

_HEARTBEAT_AFTER = 12.0
"""Seconds of silence; proxies cut what is silent for 15 to 60."""
_TICK = 2.0
"""Least seconds between two `status` events that no transition caused."""
_LONGEST = 6 * 3600.0
_TOO_SLOW = 30.0
"""Seconds a client may leave what is sent to it unread; then it is cut, and connects again by its last id."""
_FRAMES_AT_ONCE = 128


class EventStream:
    """What a client sees from `since` on: a log id, or -1 for everything."""

    def __init__(self, hubs: Hubs, streams: OpenStreams, *, tenant: str, job: str, since: int) -> None:
        self._hubs = hubs
        self._streams = streams
        self._tenant = tenant
        self._job = job
        self._since = since
        self._waker = asyncio.Event()
        self._leaves = False
        self._ticked = 0.0
        self._told = ABSENT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the job has ended, the client has gone, or the process leaves."""
        async with self._hubs.watch(self._tenant, self._job, self._waker) as hub:
            await send(_START)  # type: ignore[arg-type]
            gone = asyncio.create_task(self._until_gone(receive))
            try:
                with self._streams.open(self._leave):
                    await self._send_all(hub, send)
            finally:
                gone.cancel()

    async def _send_all(self, hub: Hub, send: Send) -> None:
        chunks = self._chunks(hub)
        with contextlib.suppress(TimeoutError):  # a response that does not end is cut by the server
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    if not chunk:
                        continue
                    async with asyncio.timeout(_TOO_SLOW):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self, hub: Hub) -> AsyncGenerator[bytes, None]:
        until = time.monotonic() + _LONGEST * random.uniform(0.9, 1.0)  # noqa: S311 - spreads reconnects
        yield RETRY
        while not hub.settled.is_set() and not self._leaves:
            self._waker.clear()
            if not hub.settled.is_set() and not await self._news(_HEARTBEAT_AFTER):
                yield HEARTBEAT
        if hub.failure is None and not self._leaves:
            yield self._status(hub)
        place = hub.place_after(self._since)
        while not self._leaves and time.monotonic() < until:
            self._waker.clear()
            if frames := hub.frames(place, _FRAMES_AT_ONCE):
                place += len(frames)
                yield b"".join(frames)
            elif hub.over or hub.failure is not None:
                yield self._last_word(hub)
                return
            else:
                yield await self._wait(hub)

    def _last_word(self, hub: Hub) -> bytes:
        if hub.failure is not None:
            return hub.failure
        # `done` was among the frames, unless the client asked from beyond the end: it is told that this was the end.
        return b"" if hub.frames(hub.place_after(self._since), 1) else hub.last

    async def _wait(self, hub: Hub) -> bytes:
        """Until there is news, a tick is due, or the silence is long; what to send then, perhaps nothing."""
        moved = hub.state is not self._told
        due = self._ticked + _TICK - time.monotonic()
        if moved and due <= 0:
            return self._status(hub)
        came = await self._news(due if moved else _HEARTBEAT_AFTER)
        return b"" if came or moved else HEARTBEAT

    def _status(self, hub: Hub) -> bytes:
        self._ticked, self._told = time.monotonic(), hub.state
        return hub.status()

    async def _news(self, patience: float) -> bool:
        # Not wait_for: it makes a task each time, for each of a thousand clients.
        loop = asyncio.get_running_loop()
        until = loop.time() + max(0.0, patience)  # our own: uvloop's handles of no delay know no time
        timer = loop.call_at(until, self._waker.set)
        try:
            await self._waker.wait()
        finally:
            timer.cancel()
        return loop.time() < until

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._leave()

    def _leave(self) -> None:
        self._leaves = True
        self._waker.set()


_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    ],
}
