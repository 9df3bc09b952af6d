"""A new job as one atomic batch: its items in chunks, lines for who watches it, and JobRequested at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import structlog

from contracts import codec, subjects
from contracts.codec import ItemsCounted
from contracts.events import Envelope, Event, JobLogged, JobRequested, channel_of
from services.gateway.lifecycle import read_lifecycle
from shared.job import ABSENT, JobState, evolve
from shared.messaging.log import Busy, Conflict, Draft, EventLog, Fence, LogUnavailable, envelop
from shared.observability.metrics import ITEMS_ACCEPTED, JOBS_REQUESTED

logger = structlog.get_logger(__name__)

CHUNK_BYTES = 256 * 1024
"""Of items in one message: the largest body makes some 130, far below the 1 000 a batch may have."""

_OPEN_BATCHES = 10
"""At once from this process. The server takes 50 over all: room for four gateways before it says Busy."""

_ATTEMPTS = 5
_BACKOFF = 0.1


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """All that a job's first events say."""

    id: str
    tenant: str
    at: str
    """RFC 3339; the job's `created_at`."""
    request: JobRequested
    items: list[msgspec.Raw]
    notes: Sequence[JobLogged] = ()
    """Lines for the person who watches the job."""


class JobWriter:
    """Writes new jobs to the log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._open = asyncio.Semaphore(_OPEN_BATCHES)

    async def write(self, job: NewJob, fence: Fence | None = None) -> JobState:
        """The job's state once it stands in the log; if it stood there already, as it stands there.

        When the outcome of a write is unknown the log is asked; only if it cannot tell, nothing is promised.
        `fence` is what the job depends on beside its own absence.
        Raises Conflict when the fence was passed, LogFull, LogUnavailable.
        """
        drafts, requested = self._drafts(job, fence)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._turn():
                    await self._log.publish_atomic(drafts)
                _note(job)
                return evolve(ABSENT, requested)
            except Conflict:
                found = await read_lifecycle(self._log, job.id)
                if not found.sequence:
                    raise
                return found.state
            except (Busy, LogUnavailable) as error:
                written = await self._look(job.id)
                if written is not None:
                    return written
                if attempt == _ATTEMPTS:
                    raise LogUnavailable(str(error)) from None
            await asyncio.sleep(_BACKOFF * attempt)
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self._open:
            if not self._log.client.is_connected:
                # The client would keep the messages and send them later, after we have said no.
                raise LogUnavailable("the connection to the event log is down")
            yield

    async def _look(self, job: str) -> JobState | None:
        try:
            found = await read_lifecycle(self._log, job)
        except LogUnavailable:
            return None
        return found.state if found.sequence else None

    def _drafts(self, job: NewJob, fence: Fence | None) -> tuple[list[Draft], Envelope]:
        events: list[Event] = [*chunks(job.items), *job.notes]
        drafts = [self._draft(self._envelope(job, event)) for event in events]
        requested = self._envelope(job, job.request)
        fence = fence or Fence(subjects.job_subject(job.tenant, job.id, "lifecycle"), 0)
        return [*drafts, self._draft(requested, fence)], requested

    def _envelope(self, job: NewJob, event: Event) -> Envelope:
        return envelop(event, job.tenant, job.id, self._log.source, at=job.at)

    def _draft(self, envelope: Envelope, fence: Fence | None = None) -> Draft:
        event = envelope.data
        channel = "items" if isinstance(event, ItemsCounted) else channel_of(event)
        subject = subjects.job_subject(envelope.tenant, envelope.subject, channel)
        return Draft(subject, codec.encode([envelope]), fence)


def _note(job: NewJob) -> None:
    job_type, total = job.request.job_type, job.request.total
    JOBS_REQUESTED.labels(job_type).inc()
    ITEMS_ACCEPTED.labels(job_type).inc(total)
    logger.info("job_requested", tenant=job.tenant, job_id=job.id, job_type=job_type, items=total)


def chunks(items: Sequence[msgspec.Raw]) -> list[ItemsCounted]:
    """The items in order, in runs of at most CHUNK_BYTES (an item is smaller than that)."""
    made: list[ItemsCounted] = []
    run: list[msgspec.Raw] = []
    first = size = 0
    for index, item in enumerate(items):
        length = len(memoryview(item)) + 1
        if run and size + length > CHUNK_BYTES:
            made.append(ItemsCounted(first=first, items=run))
            run, first, size = [], index, 0
        run.append(item)
        size += length
    return [*made, ItemsCounted(first=first, items=run)] if run else made
