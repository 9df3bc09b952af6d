"""Lays out the rows of ended jobs beside the projection: from the log, through a spool, into pages.

Until that is done the API says that the job still runs. A job that was not finished is found again at start, and
pages have fixed ids, so doing it twice is harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import msgspec
import structlog
from nats.errors import Error as NatsError

from contracts import subjects
from services.projector.paging import Layout
from services.projector.spool import Spool
from shared.job.output import output_order
from shared.messaging.cancelling import cancel
from shared.messaging.log import EventLog, LogUnavailable
from shared.messaging.tail import Message
from shared.observability import metrics
from shared.store import JobView, StoreUnavailable, Views

logger = structlog.get_logger(__name__)

MayPublish = Callable[[], Awaitable[bool]]

_AT_ONCE = 3
"""Jobs laid out at the same time; each holds some 30 MB at most."""
_PAUSE = (0.5, 30.0)
"""Seconds before the next attempt, doubling from the first to the second."""


class Materialiser:
    """The side tasks of one generation of views. Leaving the context cancels them."""

    def __init__(self, log: EventLog, views: Views, *, may_publish: MayPublish) -> None:
        self._log = log
        self._views = views
        self._may_publish = may_publish
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        metrics.ROWS_UNFINISHED.set_function(lambda: len(self._tasks))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(self.forget(job) for job in tuple(self._tasks)))

    def begin(self, view: JobView) -> None:
        """Lay out an ended job, unless that is under way."""
        job = view.state.id
        if job in self._tasks:
            return
        task = asyncio.create_task(self._until_done(view), name=f"materialise-{job}")
        self._tasks[job] = task
        task.add_done_callback(lambda ended: self._tasks.pop(job, None) if self._tasks.get(job) is ended else None)

    async def forget(self, job: str) -> None:
        """Stop the work on a job; when this returns, nothing of it is written any more."""
        task = self._tasks.pop(job, None)
        if task is not None:
            await cancel([task])

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))

    async def _until_done(self, view: JobView) -> None:
        job, tenant, pause = view.state.id, view.state.tenant, _PAUSE[0]
        while True:
            try:
                async with self._slots:
                    await self._lay_out(view)
                return
            except (StoreUnavailable, LogUnavailable, NatsError, TimeoutError, OSError) as error:
                logger.warning("rows_wait", tenant=tenant, job_id=job, error=str(error) or type(error).__name__)
            except Exception:
                # A defect in one job's data must not take the other jobs along; it shows in the log until mended.
                logger.exception("rows_failed", tenant=tenant, job_id=job)
            metrics.ROWS_FAILURES.inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PAUSE[1])

    async def _lay_out(self, view: JobView) -> None:
        state, began = view.state, time.monotonic()
        with await asyncio.to_thread(Spool, state.items) as spool:
            await self._fill(spool, view)
            layout = Layout(spool.results(output_order(state)), state.produces, on_grid=state.on_grid)
            pages = layout.pages()
            while (page := await asyncio.to_thread(next, pages, None)) is not None:
                await self._views.put_page(page.kind, state.id, page.number, page.body)
        if sum(layout.rows) != state.rows:
            logger.error(
                "rows_differ", tenant=state.tenant, job_id=state.id, counted=state.rows, found=sum(layout.rows)
            )
        await self._publish(view, layout)
        metrics.ROWS_SECONDS.observe(time.monotonic() - began)
        logger.debug("rows_ready", tenant=state.tenant, job_id=state.id, seconds=round(time.monotonic() - began, 3))

    async def _fill(self, spool: Spool, view: JobView) -> None:
        subject = subjects.job_subject(view.state.tenant, view.state.id, "results")
        tail = self._log.tail(subject)
        async with contextlib.aclosing(tail.batches(until_caught_up=True)) as batches:
            async for batch in batches:
                counts = [message for message in batch if message.sequence < view.ended_seq]
                await asyncio.to_thread(_add, spool, counts)
                if len(counts) < len(batch):
                    break

    async def _publish(self, view: JobView, layout: Layout) -> None:
        job = view.state.id
        if not await self._may_publish():
            return
        if await self._views.finish(
            job, view.ended_seq, columns=layout.columns, rows=layout.rows, reports=layout.reports
        ):
            await self._log.client.publish(subjects.view_ready(job))
            return
        current = await self._views.job(job)
        if current is None or current.state.expired:  # it went while we wrote
            await self._views.delete_pages(job)


def _add(spool: Spool, messages: list[Message]) -> None:
    for message in messages:
        try:
            spool.add(message.payload)
        except msgspec.DecodeError as error:
            # The projection has skipped it as well.
            tenant, job, _ = subjects.parse_job_subject(message.subject)
            logger.error("event_skipped", tenant=tenant, job_id=job, sequence=message.sequence, error=str(error))
