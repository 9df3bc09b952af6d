"""Results on their way into the log: gathered per job, published, and only then is anything acked.

The broker writes every message through to the disk; 64 results in one message cost one such write.
"""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import structlog

from contracts.events import ItemProcessed
from contracts.items import ItemRequested
from contracts.subjects import job_subject
from shared.messaging.log import Draft, EventLog, LogFull, LogUnavailable, envelop
from shared.observability.metrics import RESULTS_PER_MESSAGE, RESULTS_PUBLISH_FAILURES

logger = structlog.get_logger(__name__)

_MOST = 64
"""Results in one message."""

_MOST_BYTES = 4 * 1024 * 1024
_LINGER = 0.02
"""Seconds a result may wait for others when results come quickly."""


class _Lane:
    """The results of one job that wait for their publish."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self.full = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class ResultWriter:
    """Writes ItemProcessed events, many to a message."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lanes: dict[str, _Lane] = {}

    async def write(self, item: ItemRequested, event: ItemProcessed) -> None:
        """Returns once the event is in the log; while the log cannot be written it waits and tries again."""
        lane = self._lanes.get(item.job)
        if lane is None:
            lane = self._lanes[item.job] = _Lane()
        envelope = envelop(event, item.tenant, item.job, item.job_type)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.waiting.append((msgspec.json.encode(envelope), written))
        if len(lane.waiting) >= _MOST:
            lane.full.set()
        if lane.task is None:
            subject = job_subject(item.tenant, item.job, "results")
            lane.task = asyncio.create_task(self._drain(item.job, subject, lane))
        await written

    async def _drain(self, job: str, subject: str, lane: _Lane) -> None:
        structlog.contextvars.unbind_contextvars("index")  # the first item's; the lines here speak of many
        last = 1
        while lane.waiting:
            # A lone result leaves at once; behind a publish that carried several, more are about to come.
            if last > 1 and len(lane.waiting) < _MOST:
                lane.full.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LINGER):
                        await lane.full.wait()
            batch = _take(lane)
            last = len(batch)
            await self._publish(subject, b"[" + b",".join(payload for payload, _ in batch) + b"]")
            RESULTS_PER_MESSAGE.observe(len(batch))
            for _, written in batch:
                if not written.done():
                    written.set_result(None)
        self._lanes.pop(job, None)

    async def _publish(self, subject: str, payload: bytes) -> None:
        pause = 0.1
        while True:
            try:
                await self._log.publish(Draft(subject, payload))
                return
            except (LogUnavailable, LogFull) as error:
                RESULTS_PUBLISH_FAILURES.inc()
                logger.warning("results_wait_for_the_log", subject=subject, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)


def _take(lane: _Lane) -> list[tuple[bytes, asyncio.Future[None]]]:
    size = count = 0
    for payload, _ in lane.waiting[:_MOST]:
        size += len(payload)
        if count and size > _MOST_BYTES:
            break
        count += 1
    batch, lane.waiting = lane.waiting[:count], lane.waiting[count:]
    return batch
