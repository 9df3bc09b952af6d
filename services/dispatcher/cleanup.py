"""Removes what ended, deleted and expired jobs leave behind. What cannot be removed now is tried again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog

from contracts.events import Event, JobDeleted, JobExpired
from contracts.subjects import QUEUE_STREAM, job_items, job_subject
from services.dispatcher.active import read_events
from shared.messaging.log import EventLog, LogUnavailable
from shared.messaging.pull import BROKEN
from shared.messaging.tail import Message

logger = structlog.get_logger(__name__)

_AGAIN = 5.0
_FRESH = 24 * 3600.0
"""Deleted and expired jobs of the last day are purged again at start; older ones long have been."""


class Cleanup:
    """Purges of the log and the queue."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._leftovers: list[tuple[str, str]] = []

    async def run(self) -> None:
        """Purge what was left over, now and then, until cancelled."""
        while True:
            leftovers, self._leftovers = self._leftovers, []
            for tenant, job in leftovers:
                await self.rows(tenant, job)
            await asyncio.sleep(_AGAIN)

    def later(self, tenant: str, job: str) -> None:
        """Purge a job's rows when there is time."""
        self._leftovers.append((tenant, job))

    def later_if_fresh(self, tenant: str, job: str, at: str) -> None:
        """At start: the process that deleted or expired the job may have died before it purged."""
        if (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds() < _FRESH:
            self.later(tenant, job)

    async def late(self, tenant: str, job: str) -> None:
        """A message of a job that is not on our hands: of one deleted or expired it is purged on sight."""
        last = await self._log.last(job_subject(tenant, job, "lifecycle"))
        if _ends_in(last, JobDeleted, JobExpired):
            await self.rows(tenant, job)

    async def queue(self, tenant: str, job: str) -> None:
        """Remove the job's waiting items."""
        try:
            await self._log.client.jetstream().purge_stream(QUEUE_STREAM, subject=job_items(job))
        except BROKEN as error:
            reason = str(error) or type(error).__name__
            logger.warning("queue_not_purged", tenant=tenant, job_id=job, error=reason)

    async def rows(self, tenant: str, job: str) -> None:
        """Remove what a deleted or expired job leaves behind; of a deleted one only JobDeleted stays."""
        try:
            for channel in ("items", "results", "log"):
                await self._log.purge(job_subject(tenant, job, channel))
            lifecycle = job_subject(tenant, job, "lifecycle")
            last = await self._log.last(lifecycle)
            if last is not None and _ends_in(last, JobDeleted):
                await self._log.purge(lifecycle, below=last.sequence)
            await self.queue(tenant, job)
        except LogUnavailable as error:
            logger.warning("job_not_purged", tenant=tenant, job_id=job, error=str(error))
            self.later(tenant, job)


def _ends_in(last: Message | None, *kinds: type[Event]) -> bool:
    events = read_events(last) if last is not None else []
    return bool(events) and isinstance(events[-1].data, kinds)
