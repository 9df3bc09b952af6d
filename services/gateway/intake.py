"""What every new job goes through, whatever it asks for: its Idempotency-Key, the room in the log, the write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from contracts.jobs import JobPublic
from services.gateway.batch import JobWriter, NewJob
from services.gateway.idempotency import IdempotencyKeys, check_key, fingerprint
from services.gateway.lifecycle import read_lifecycle
from shared.api.auth import Identity
from shared.api.errors import Conflict, Unavailable
from shared.job import JobState, public
from shared.messaging.log import EventLog, Fence

Plan = Callable[[], Awaitable[NewJob]]
"""Validates and prices what was asked for. Raises ApiError, Forbidden, LogUnavailable when it cannot be accepted."""


class _Key(NamedTuple):
    """An Idempotency-Key and what it was sent with."""

    text: str
    body: str


class Intake:
    """Accepts new jobs."""

    def __init__(self, log: EventLog, keys: IdempotencyKeys) -> None:
        self._log = log
        self._keys = keys
        self._writer = JobWriter(log)

    async def accept(
        self, slug: str, payload: bytes, identity: Identity, key_text: str | None, plan: Plan
    ) -> JobPublic:
        """The accepted job, pending; or, with a known Idempotency-Key, the job it stands for as it is now.

        Raises what `plan` does, ValidationFailed, Conflict, Unavailable, LogFull, LogUnavailable; nothing was
        accepted then.
        """
        check_key(key_text)
        key = _Key(key_text, await fingerprint(slug, payload)) if key_text else None
        known = await self._keys.find(identity.user_id, key.text, key.body) if key else None
        if known and (job := await self._written(known)):
            return public(job)
        new = await plan()
        await self._require_room()
        if key:
            new = replace(new, id=known or await self._keys.claim(identity.user_id, key.text, key.body, new.id))
        return public(_alive(await self._writer.write(new)))

    async def write(self, new: NewJob, fence: Fence) -> JobPublic:
        """Write a job that depends on what others write. Raises what JobWriter.write does, and Unavailable."""
        await self._require_room()
        return public(await self._writer.write(new, fence))

    async def _require_room(self) -> None:
        if await self._log.nearly_full():
            raise Unavailable("The event log is nearly full: nothing was accepted.", retry_after=60)

    async def _written(self, job: str) -> JobState | None:
        """The job of a known key; None if its write never happened. Raises Conflict if it was deleted since."""
        found = await read_lifecycle(self._log, job)
        return _alive(found.state) if found.sequence else None


def days_later(at: str, days: int) -> str:
    """An RFC 3339 time so many days after another."""
    later = datetime.fromisoformat(at) + timedelta(days=days)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _alive(job: JobState) -> JobState:
    if job.phase == "deleted":
        raise Conflict("The job of this Idempotency-Key has been deleted.")
    return job
