"""When ended jobs expire: their files and rows go after the time that their end named."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable

from contracts.events import Event
from contracts.subjects import job_subject
from services.dispatcher.active import ActiveJob
from services.dispatcher.cleanup import Cleanup
from shared.job import decide
from shared.job.decide import Expire
from shared.messaging.log import EventLog, Fence, now_rfc3339

Write = Callable[[ActiveJob, Event, Fence], Awaitable[bool]]
"""Append an event of a job; false: not written, ask again."""


class Expiry:
    """The ended jobs, the next one to expire first."""

    def __init__(self, log: EventLog, cleanup: Cleanup, write: Write) -> None:
        self._log = log
        self._cleanup = cleanup
        self._write = write
        self._due: list[tuple[str, str, str]] = []

    def note(self, expires_at: str, tenant: str, job_id: str) -> None:
        """This job ended and expires then (RFC 3339)."""
        heapq.heappush(self._due, (expires_at, tenant, job_id))

    async def expire_due(self) -> None:
        """Expire what is due; what cannot be written now comes again."""
        now = now_rfc3339()
        while self._due and self._due[0][0] <= now:
            entry = _, tenant, job_id = heapq.heappop(self._due)
            lifecycle = job_subject(tenant, job_id, "lifecycle")
            job = ActiveJob(tenant, job_id)
            async for message in self._log.read(lifecycle):
                job.see(message)
            events = decide(job.state, Expire(now=now))
            for event in events:
                if not await self._write(job, event, Fence(lifecycle, job.sequence)):
                    heapq.heappush(self._due, entry)
                    return
            if events or job.state.expired:  # expired already: by a write of ours that was never confirmed
                await self._cleanup.rows(tenant, job_id)
