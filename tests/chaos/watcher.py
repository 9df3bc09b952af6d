"""A client of a job's event stream that connects again by Last-Event-ID, for as long as it takes."""

import asyncio
import contextlib
import json
from typing import NamedTuple

import httpx

_PAUSE = 0.1


class Seen(NamedTuple):
    """An event as it came."""

    identity: int | None
    event: str
    data: dict


class Watcher:
    """Keeps every event until `done`."""

    def __init__(self, reads, job):
        self.job = job
        self.seen: list[Seen] = []
        self.connections = 0
        self._reads = reads
        self._last = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._watch())

    @property
    def over(self):
        return bool(self.seen) and self.seen[-1].event == "done"

    @property
    def progress(self):
        """The data of all progress events."""
        return [seen.data for seen in self.seen if seen.event == "progress"]

    async def processed(self, count, *, within=60):
        """Return when so many items are known to be processed, or the job is over."""
        await self._until(lambda: self.over or len(self.progress) >= count, within)

    async def done(self, *, within=90):
        """The data of `done`."""
        await self._until(lambda: self.over, within)
        return self.seen[-1].data

    async def _until(self, happened, within):
        try:
            async with asyncio.timeout(within):
                while not happened():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            told = self.seen[-1] if self.seen else None
            raise AssertionError(f"{self.job}: {len(self.progress)} items after {within} s; last: {told}") from None

    async def aclose(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self):
        while not self.over:
            with contextlib.suppress(httpx.HTTPError):
                await self._connect()
            if not self.over:
                await asyncio.sleep(_PAUSE)

    async def _connect(self):
        headers = {} if self._last is None else {"Last-Event-ID": str(self._last)}
        async with self._reads.stream("GET", f"/api/jobs/{self.job}/stream", headers=headers) as answer:
            if answer.status_code != 200:
                return
            self.connections += 1
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    fields[name] = value
                    continue
                self._take(fields)  # one that was cut off in the middle never comes here
                fields = {}

    def _take(self, fields):
        if "event" not in fields:
            return
        identity = int(fields["id"]) if "id" in fields else None
        self._last = self._last if identity is None else identity
        self.seen.append(Seen(identity, fields["event"], json.loads(fields["data"])))
        self._news.set()
