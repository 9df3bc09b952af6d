"""What the read API knows of a job: from its view, or from the log when the view cannot tell.

Views follow the log by a moment. So a read by id also looks at the end of the job's lifecycle (one direct get): a job
whose deletion was asked for is gone at once, and one that has no view yet is folded from the log.
"""

from __future__ import annotations

import asyncio

import msgspec

from contracts import subjects
from contracts.events import DeleteRequested, JobDeleted
from services.projector.fold import UNKNOWN_JOB, advance, read_events
from shared.api.errors import NotFound, Unavailable
from shared.messaging.log import EventLog
from shared.messaging.tail import Message
from shared.store import JobView, Store, StoreUnavailable, Views

_FOLDS_AT_ONCE = 4
"""Jobs folded from the log at the same time: each may read some ten megabytes."""


class Reader:
    """Finds jobs. Raises NotFound, Unavailable, and LogUnavailable when the broker does not answer."""

    def __init__(self, log: EventLog, store: Store) -> None:
        self._log = log
        self._store = store
        self._folds = asyncio.Semaphore(_FOLDS_AT_ONCE)

    async def job(self, job: str) -> JobView:
        """A job as well as can be told: from its view, else from the log, also while MongoDB is down."""
        try:
            view = await self.view(job)
        except StoreUnavailable:
            view = await self._from_log_alone(job)
        if view is None or view.state.phase in ("absent", "deleted"):
            raise NotFound("Job not found")
        return view

    async def stored(self, job: str) -> tuple[JobView, Views]:
        """A job with its pages, which MongoDB must tell. Raises StoreUnavailable too."""
        view = await self.view(job)
        if view is None or view.state.phase in ("absent", "deleted"):
            raise NotFound("Job not found")
        return view, await self._store.current()

    async def view(self, job: str) -> JobView | None:
        """The view, or the fold of the log where there is none; None: no such job, or no longer.

        Raises StoreUnavailable.
        """
        if not is_job_id(job):
            return None
        view = await (await self._store.current()).job(job)
        if view is None or (view.state.ended and not view.ready):
            # Perhaps a rebuild has moved the pointer since this process looked.
            view = await (await self._store.current(fresh=True)).job(job)
        tenant = view.state.tenant if view else "*"
        last = await self._log.last(subjects.job_subject(tenant, job, "lifecycle"))
        if last is None or _says_deleted(last):
            return None
        return view or await self.fold(subjects.parse_job_subject(last.subject).tenant, job)

    async def newest(self, tenant: str, *, limit: int, offset: int) -> list[JobView]:
        """A tenant's jobs, newest first. Raises StoreUnavailable."""
        views = await (await self._store.current(fresh=True)).newest(tenant, limit=limit, offset=offset)
        return [view for view in views if not view.state.delete_requested]

    async def fold(self, tenant: str, job: str) -> JobView:
        """The job's state from the log; an ended job's rows are not laid out as far as the log knows."""
        channels = (subjects.job_subject(tenant, job, "lifecycle"), subjects.job_subject(tenant, job, "results"))
        view = UNKNOWN_JOB
        async with self._folds:
            async for message in self._log.read(*channels):
                view = advance(view, message.sequence, read_events(message))
        return msgspec.structs.replace(view, ready=view.state.expired)

    async def _from_log_alone(self, job: str) -> JobView | None:
        """For the time MongoDB is down. Whether an ended job's rows can be read nobody knows then."""
        if not is_job_id(job):
            return None
        last = await self._log.last(subjects.any_tenant(job, "lifecycle"))
        if last is None or _says_deleted(last):
            return None
        view = await self.fold(subjects.parse_job_subject(last.subject).tenant, job)
        if view.state.ended and not view.state.expired:
            raise Unavailable("The job's results cannot be read at the moment. Try again shortly.")
        return view


def is_job_id(text: str) -> bool:
    """Whether a text can be a job's id, and so may stand in a subject."""
    return text.startswith("j_") and len(text) <= 64 and text[2:].isascii() and text[2:].isalnum()


def _says_deleted(message: Message) -> bool:
    return any(isinstance(event.data, DeleteRequested | JobDeleted) for event in read_events(message))
