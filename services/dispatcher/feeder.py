"""Hands out items: from the log, by turns, into the queue, within the windows."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

import structlog

from contracts.manifest import ModuleSpec
from contracts.subjects import item_subject
from services.dispatcher.active import ActiveJob
from services.dispatcher.window import SLICE, Presences, job_window, module_window, turns
from shared.messaging.log import EventLog
from shared.messaging.pull import BROKEN
from shared.observability.metrics import JOBS_DERIVED_AGAIN
from shared.observability.tracing import TRACEPARENT

logger = structlog.get_logger(__name__)

_PUBLISH_TIMEOUT = 5.0


class Feeder:
    """Keeps the windows full."""

    def __init__(
        self, log: EventLog, jobs: Mapping[str, ActiveJob], specs: Mapping[str, ModuleSpec], presences: Presences
    ) -> None:
        self._log = log
        self._jobs = jobs
        self._specs = specs
        self._presences = presences
        self._js = log.client.jetstream(publish_async_max_pending=SLICE * 4)
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Something finished or started; there may be room."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            by_module: dict[str, list[ActiveJob]] = defaultdict(list)
            for job in self._jobs.values():
                if job.runs:
                    by_module[job.state.job_type].append(job)
            for job_type, jobs in by_module.items():
                await self._fill(job_type, jobs)

    async def _fill(self, job_type: str, jobs: list[ActiveJob]) -> None:
        spec = self._specs.get(job_type)
        if spec is None:
            return
        for job in jobs:
            if await job.derive_if_wanted():
                JOBS_DERIVED_AGAIN.labels(job_type).inc()
        concurrency = self._presences.concurrency(job_type) or spec.concurrency
        room = module_window(concurrency, sum(job.pace for job in jobs)) - sum(len(job.outstanding) for job in jobs)
        given = True
        while room > 0 and given:
            given = False
            for job in turns(jobs):
                free = job_window(concurrency, job.pace) - len(job.outstanding)
                count = min(SLICE, free, room)
                # Refilling by single items would cost a round of the loop each.
                if count < min(SLICE // 4, concurrency) and len(job.outstanding) > concurrency:
                    continue
                if count > 0 and not job.all_out and job.runs:
                    handed = await self._hand_out(job, count)
                    room -= handed
                    given = given or handed > 0

    async def _hand_out(self, job: ActiveJob, count: int) -> int:
        subject = item_subject(job.state.job_type, job.id)
        headers = {TRACEPARENT: job.traceparent} if job.traceparent else None
        try:
            items = await job.next_items(self._log, count)
            acks = [await self._js.publish_async(subject, item, headers=headers) for item in items]
            async with asyncio.timeout(_PUBLISH_TIMEOUT):
                await asyncio.gather(*acks)
        except BROKEN as error:
            # Which of them arrived is unknown: all are derived anew, duplicates are harmless.
            reason = str(error) or type(error).__name__
            logger.warning("items_not_queued", tenant=job.tenant, job_id=job.id, error=reason)
            job.derive = True
            await asyncio.sleep(1.0)
            self.wake()
            return 0
        return len(items)
