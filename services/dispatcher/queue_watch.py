"""Keeps the work queue standing: declares it, and notices when what lies in it may be lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.manifest import ModuleSpec
from services.dispatcher.active import ActiveJob
from shared.messaging.streams import declare_stream, module_consumer, queue_config
from shared.observability.metrics import QUEUE_IDLE
from shared.settings import Settings

logger = structlog.get_logger(__name__)


class QueueWatch:
    """Checked every few seconds; says which modules' items must be derived anew."""

    def __init__(self, client: Client, settings: Settings, specs: Sequence[ModuleSpec]) -> None:
        self._client = client
        self._js = client.jetstream()
        self._settings = settings
        self._specs = specs
        self._stream_created: Any = None
        self._consumers_created: dict[str, Any] = {}
        self._reconnects = client.stats["reconnects"]
        self._progress: dict[str, int] = {}
        self._idle: dict[str, int] = {}

    async def check(self, jobs: Iterable[ActiveJob]) -> set[str]:
        """Declare what is missing. Gives the modules whose queue was lost, or stands idle while items are out."""
        lost: set[str] = set()
        stream = await declare_stream(self._js, queue_config(self._settings))
        reconnects = self._client.stats["reconnects"]
        if stream.created != self._stream_created or reconnects != self._reconnects:
            lost = {spec.slug for spec in self._specs}
        self._stream_created, self._reconnects = stream.created, reconnects
        by_module: dict[str, list[ActiveJob]] = {}
        for job in jobs:
            if job.runs:
                by_module.setdefault(job.state.job_type, []).append(job)
        for spec in self._specs:
            if await self._check_module(spec, by_module.get(spec.slug, [])):
                lost.add(spec.slug)
        return lost

    async def _check_module(self, spec: ModuleSpec, jobs: list[ActiveJob]) -> bool:
        try:
            info = await self._js.consumer_info(subjects.QUEUE_STREAM, subjects.durable(spec.slug))
        except NotFoundError:
            info = await self._js.add_consumer(subjects.QUEUE_STREAM, module_consumer(spec.slug))
        known, self._consumers_created[spec.slug] = self._consumers_created.get(spec.slug), info.created
        if known is not None and known != info.created:
            return True
        return self._stands_idle(spec.slug, jobs, waiting=(info.num_pending or 0) + (info.num_ack_pending or 0))

    def _stands_idle(self, slug: str, jobs: list[ActiveJob], *, waiting: int) -> bool:
        """Whether nothing waits and nothing moved, twice running, although items are out."""
        progress = sum(job.state.processed for job in jobs)
        moved = progress != self._progress.get(slug)
        self._progress[slug] = progress
        if waiting or moved or not jobs:
            self._idle[slug] = 0
            return False
        self._idle[slug] = self._idle.get(slug, 0) + 1
        if self._idle[slug] < 2:
            return False
        self._idle[slug] = 0
        QUEUE_IDLE.labels(slug).inc()
        logger.warning("queue_idle", module=slug, out=sum(len(job.outstanding) for job in jobs))
        return True
