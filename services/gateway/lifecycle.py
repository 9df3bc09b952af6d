"""A job as its lifecycle in the log tells it: who owns it, and what may still happen to it."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from typing import NamedTuple

from contracts import codec, subjects
from contracts.events import JobDeleted
from services.gateway.reading import read_now
from shared.api.auth import Identity, require_active, require_owner
from shared.job import ABSENT, JobState, UnknownJob, evolve
from shared.messaging.log import EventLog

_JOB_ID = re.compile(r"j_[0-7][0-9A-HJKMNP-TV-Z]{25}")
"""`j_` and a ULID. Any other text names no job, and must never reach a subject."""


class Lifecycle(NamedTuple):
    """A job's state as far as its lifecycle goes (results are not counted), and the fence that goes with it."""

    state: JobState
    sequence: int
    """Of the last lifecycle message read; 0: there is none."""

    @property
    def exists(self) -> bool:
        """Whether there is such a job now; a deleted one is no longer there."""
        return self.state.phase not in ("absent", "deleted")


_UNKNOWN = Lifecycle(ABSENT, 0)


def is_job_id(text: str) -> bool:
    """Whether the text can be a job's id at all."""
    return _JOB_ID.fullmatch(text) is not None


async def read_lifecycle(log: EventLog, job: str) -> Lifecycle:
    """The job of any tenant; ask `exists` before anything else. Raises LogUnavailable."""
    if not is_job_id(job):
        return _UNKNOWN
    newest = await log.last(subjects.any_tenant(job, "lifecycle"))
    if newest is None:
        return _UNKNOWN
    state = ABSENT
    async for message in read_now(log, newest.subject, upto=newest.sequence):
        for envelope in codec.decode_slim(message.payload):
            state = evolve(state, envelope)
    return Lifecycle(state, newest.sequence)


async def read_owned(log: EventLog, job: str, identity: Identity) -> Lifecycle:
    """A job the caller may change, being active. Raises UnknownJob, Forbidden, LogUnavailable."""
    found = await read_lifecycle(log, job)
    if not found.exists:
        raise UnknownJob
    require_owner(identity, found.state.tenant)
    require_active(identity)
    return found


async def wait_until_deleted(log: EventLog, lifecycle: Lifecycle, seconds: float) -> None:
    """Until the dispatcher has written JobDeleted, or the time is over."""
    state = lifecycle.state
    subject = subjects.job_subject(state.tenant, state.id, "lifecycle")
    try:
        async with asyncio.timeout(seconds), aclosing(log.tail(subject, after=lifecycle.sequence).messages()) as tail:
            async for message in tail:
                if any(isinstance(envelope.data, JobDeleted) for envelope in codec.decode_slim(message.payload)):
                    return
    except TimeoutError:
        return
