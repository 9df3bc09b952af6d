"""Tells who watches a job why nothing moves: no worker runs for its module."""

from __future__ import annotations

import time
from collections.abc import Iterable

from contracts.events import JobLogged
from services.dispatcher.active import ActiveJob
from services.dispatcher.window import Presences
from shared.messaging.log import EventLog, LogFull, LogUnavailable

_AFTER = 30.0
_SAID = -1.0


class NoWorkerNotice:
    """Since when each running job has had no worker, and whether that was said."""

    def __init__(self, log: EventLog, presences: Presences) -> None:
        self._log = log
        self._presences = presences
        self._since: dict[str, float] = {}

    async def say(self, jobs: Iterable[ActiveJob]) -> None:
        """Once to each job that has waited for so long."""
        for job in list(jobs):
            slug = job.state.job_type
            if not job.runs or self._presences.concurrency(slug):
                self.forget(job.id)
                continue
            since = self._since.setdefault(job.id, time.monotonic())
            if since == _SAID or since >= time.monotonic() - _AFTER:
                continue
            self._since[job.id] = _SAID
            message = f"Aucun worker ne tourne pour le module {slug} ; le job reprendra dès qu'il y en aura un"
            try:
                await self._log.append(job.tenant, job.id, JobLogged(level="warn", message=message))
            except (LogUnavailable, LogFull):
                self.forget(job.id)

    def forget(self, job_id: str) -> None:
        """A worker is there, or the job is gone."""
        self._since.pop(job_id, None)
