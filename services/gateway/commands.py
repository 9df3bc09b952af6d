"""Commands on a job that exists: fold, check, decide, append under the fence, and again if somebody was faster."""

from __future__ import annotations

import structlog

from contracts import subjects
from services.gateway.lifecycle import Lifecycle, read_owned, wait_until_deleted
from shared.api.auth import Identity
from shared.api.errors import Unavailable
from shared.job import decide
from shared.job.decide import Command, RequestCancel, RequestDelete
from shared.messaging.log import Conflict, EventLog, Fence

logger = structlog.get_logger(__name__)

_ATTEMPTS = 10
"""A job's lifecycle has a handful of events; more conflicts than that are a fault."""

_DELETION = 2.0
"""Seconds a DELETE waits for the job to vanish; later it vanishes all the same."""


class JobCommands:
    """Cancel and delete. Checks go in the documented order: 404, 403 owner, 403 active, 400.

    Every method raises UnknownJob, Forbidden, Refused, LogUnavailable, LogFull.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def cancel(self, job: str, identity: Identity) -> None:
        """Ask for the job's end; asking again before it came changes nothing."""
        await self._carry_out(job, identity, RequestCancel(by=identity.user_id))

    async def delete(self, job: str, identity: Identity) -> None:
        """Ask for the job to vanish, and wait a moment until it has."""
        lifecycle = await self._carry_out(job, identity, RequestDelete(by=identity.user_id))
        await wait_until_deleted(self._log, lifecycle, _DELETION)

    async def _carry_out(self, job: str, identity: Identity, command: Command) -> Lifecycle:
        for _ in range(_ATTEMPTS):
            state, sequence = await read_owned(self._log, job, identity)
            events = decide(state, command)
            if not events:
                return Lifecycle(state, sequence)
            fence = Fence(subjects.job_subject(state.tenant, state.id, "lifecycle"), sequence)
            try:
                sequence = await self._log.append(state.tenant, state.id, *events, fence=fence)
            except Conflict:
                continue
            logger.info("job_command", tenant=state.tenant, job_id=state.id, command=type(command).__name__)
            return Lifecycle(state, sequence)
        raise Unavailable("The job changes too fast at the moment. Try again shortly.")
