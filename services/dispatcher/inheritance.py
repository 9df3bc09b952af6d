"""What a resumed job takes over: the results of the job it resumes, copied under the same indexes before it starts.

The copy is complete before JobStarted, so a resumed job needs nothing of the other one: deleting that harms nothing.
Copying twice is harmless as well, as every result counts once.
"""

from __future__ import annotations

import asyncio

import structlog

from contracts import codec
from contracts.events import Envelope
from contracts.subjects import job_subject
from services.dispatcher.active import ActiveJob, read_events
from shared.job import ABSENT, evolve
from shared.messaging.cancelling import cancel
from shared.messaging.log import Draft, EventLog, LogFull, LogUnavailable, envelop
from shared.messaging.tail import Message

logger = structlog.get_logger(__name__)

_PAUSE = 1.0


class Inheritance:
    """The copies under way and those made in this term of acting."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._copies: dict[str, asyncio.Task[None]] = {}

    def has_come(self, job: ActiveJob) -> bool:
        """Whether all the job inherits is in the log; the first question begins the copy. Ask again later."""
        if not job.state.resumes:
            return True
        copy = self._copies.get(job.id)
        if copy is None:
            self._copies[job.id] = asyncio.create_task(self._copy(job))
            return False
        return copy.done()

    async def forget(self, job: str) -> None:
        """The job started or ended: its copy is of no more use."""
        copy = self._copies.pop(job, None)
        if copy is not None:
            await cancel([copy])

    async def close(self) -> None:
        """Stop all copies."""
        await cancel(list(self._copies.values()))

    async def _copy(self, job: ActiveJob) -> None:
        source = job.state.source_job_id
        while True:
            try:
                copied = await self._copy_results(job, source or "")
                logger.info("results_inherited", tenant=job.tenant, job_id=job.id, source=source, messages=copied)
                return
            except (LogUnavailable, LogFull) as error:
                logger.warning("inheritance_waits", tenant=job.tenant, job_id=job.id, error=str(error))
                await asyncio.sleep(_PAUSE)

    async def _copy_results(self, job: ActiveJob, source: str) -> int:
        """Every result that counted for the source; one whose rows are gone gives none, and the job does it all."""
        state, copied = ABSENT, 0
        subjects = [job_subject(job.tenant, source, channel) for channel in ("lifecycle", "results")]
        async for message in self._log.read(*subjects):
            counted = set[int]()
            for position, envelope in enumerate(read_events(message)):
                before, state = state, evolve(state, envelope)
                if isinstance(envelope.data, codec.ItemSettled) and state is not before:
                    counted.add(position)
            if counted:
                await self._log.publish(await asyncio.to_thread(_draft, job, message, counted))
                copied += 1
        return copied


def _draft(job: ActiveJob, message: Message, counted: set[int]) -> Draft:
    """The results at these positions of a message, as results of the job."""
    envelopes = codec.decode(message.payload)
    copies: list[Envelope] = [
        envelop(envelope.data, job.tenant, job.id, "dispatcher", at=envelope.time)
        for position, envelope in enumerate(envelopes)
        if position in counted
    ]
    return Draft(job_subject(job.tenant, job.id, "results"), codec.encode(copies))
