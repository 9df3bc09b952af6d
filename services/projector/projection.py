"""The log -> views. One process acts, others stand by; whoever acts goes on from the stored checkpoint.

The log is read by sequence without acks. A batch is folded into absolute values, each touched job is written once,
and only then does the checkpoint move: a crash anywhere replays a batch, and every write of it is harmless twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from typing import Protocol

import structlog

from contracts import subjects
from services.projector.fold import UNKNOWN_JOB, advance, fold_messages, jobs_of, read_events
from services.projector.materialise import Materialiser, MayPublish
from shared.messaging.cancelling import cancel
from shared.messaging.lease import Lease
from shared.messaging.log import EventLog, LogUnavailable
from shared.messaging.tail import Message
from shared.observability import metrics
from shared.store import JobView, Store, StoreUnavailable, Views

logger = structlog.get_logger(__name__)

FOLDED_SUBJECTS = (subjects.ALL_LIFECYCLES, subjects.job_subject("*", "*", "results"))
"""What states are made of: items and log lines change none, and items are most of a job's bytes."""

_KEPT_VIEWS = 2_000
"""Views of live jobs kept in memory, at up to some kilobytes each."""
_LARGE = 128 * 1024
"""Bytes of a batch above which it is decoded in a thread."""
_LOOK_EVERY = 1.0
"""Seconds between two looks at pointer and checkpoint, when nothing happens."""
_PAUSE = 0.5
"""Seconds before another attempt after a failure, beside the driver's own patience."""


class ViewsMoved(Exception):
    """The live generation or its checkpoint is not what this process left: begin again from what is there."""


class LeaseLost(Exception):
    """Another process may act."""


class LaysOut(Protocol):
    """What lays out the rows of ended jobs; a Materialiser."""

    def begin(self, view: JobView) -> None:
        """Begin with an ended job, unless that is under way."""

    async def forget(self, job: str) -> None:
        """Stop the work on a job; when this returns, nothing of it is written any more."""


class Fold:
    """Brings one generation of views up to date, batch by batch, and hands ended jobs to a materialiser."""

    def __init__(self, log: EventLog, views: Views, materialiser: LaysOut, position: int) -> None:
        self._log = log
        self.views = views
        self.position = position
        self._materialiser = materialiser
        self._kept: OrderedDict[str, JobView] = OrderedDict()

    async def apply(self, messages: Sequence[Message]) -> None:
        """Fold a batch and move the checkpoint behind it. Raises StoreUnavailable, ViewsMoved."""
        known = await self._load(jobs_of(messages))
        if sum(len(message.payload) for message in messages) > _LARGE:
            folded = await asyncio.to_thread(fold_messages, known, messages)
        else:
            folded = fold_messages(known, messages)
        for job in (*folded.deleted, *folded.expired):
            await self._materialiser.forget(job)
        # Pages go before the view tells that they may: after a crash in between, the event is folded again.
        for job in folded.expired:
            await self.views.delete_pages(job)
        for job in folded.deleted:
            await self.views.delete(job)
        await self.views.save(folded.views.values())
        after = messages[-1].sequence
        if not await self.views.advance(self.position, after):
            raise ViewsMoved("the checkpoint is not where this process left it")
        self.position = after
        self._keep(folded.views, folded.deleted)
        for view in folded.views.values():
            if view.state.ended and not view.state.expired and not view.ready:
                self._materialiser.begin(view)

    async def _load(self, jobs: set[str]) -> dict[str, JobView]:
        known = {job: self._kept[job] for job in jobs if job in self._kept}
        stored = await self.views.jobs(sorted(jobs - known.keys()))
        for job, view in stored.items():
            if view.state.on_grid and not view.state.ended:
                stored[job] = await self._fold_again(view)
        return known | stored

    async def _fold_again(self, view: JobView) -> JobView:
        """A view with its survey, which is not stored: from the log, as far as the view went."""
        tenant, job = view.state.tenant, view.state.id
        channels = (subjects.job_subject(tenant, job, channel) for channel in ("lifecycle", "results"))
        folded = UNKNOWN_JOB
        async for message in self._log.read(*channels, upto=view.seq):
            folded = advance(folded, message.sequence, await asyncio.to_thread(read_events, message))
        return folded if folded.seq else view

    def _keep(self, changed: dict[str, JobView], deleted: Sequence[str]) -> None:
        for job in deleted:
            self._kept.pop(job, None)
        for job, view in changed.items():
            self._kept.pop(job, None)
            if not view.state.ended:  # the materialiser changes the others behind our back
                self._kept[job] = view
        while len(self._kept) > _KEPT_VIEWS:
            self._kept.popitem(last=False)


class Projector:
    """Keeps the live views up to date for as long as it runs and holds the lease."""

    def __init__(self, log: EventLog, store: Store, lease: Lease) -> None:
        self._log = log
        self._store = store
        self._lease = lease
        self.position = 0
        """The log sequence up to which the views are written; 0 on standby."""
        self._lag = 0
        """Messages known to wait, one in the course of being folded included."""
        self._current_at = 0.0
        """When nothing waited, by the monotonic clock."""
        metrics.PROJECTION_BEHIND.set_function(self._behind)

    async def run(self) -> None:
        """Project until cancelled; whatever fails is tried again."""
        try:
            while True:
                await self._lease.acquire()
                self._current_at = time.monotonic()
                try:
                    await self._act()
                except LeaseLost:
                    self._note_lag(0)
                    logger.warning("projector_stands_by")
                except ViewsMoved as moved:
                    logger.warning("views_moved", reason=str(moved))
                except (StoreUnavailable, LogUnavailable) as error:
                    logger.warning("projector_waits", error=str(error))
                    await asyncio.sleep(_PAUSE)
                finally:
                    self.position = 0
        finally:
            await self._lease.release()

    async def _act(self) -> None:
        views = await self._open()
        fold_from = await views.checkpoint()
        async with Materialiser(self._log, views, may_publish=self._may_publish(views)) as materialiser:
            for view in (await views.unfinished()).values():
                materialiser.begin(view)
            fold = Fold(self._log, views, materialiser, fold_from)
            busy = asyncio.Lock()
            await _first_to_end(self._follow(fold, busy), self._watch(fold, busy), self._until_lost())

    async def _open(self) -> Views:
        """The live views; new ones if they tell of a log that is no more."""
        views = await self._store.current(fresh=True)
        if await views.checkpoint() > await self._log.last_sequence():
            logger.error("log_was_replaced", checkpoint=await views.checkpoint())
            views = await self._store.begin()
            await self._store.go_live(views)
        await views.prepare()
        return views

    async def _follow(self, fold: Fold, busy: asyncio.Lock) -> None:
        tail = self._log.tail(*FOLDED_SUBJECTS, after=fold.position)
        self.position = fold.position
        self._lag = 0  # not known yet; the first batch tells
        async with contextlib.aclosing(tail.batches()) as batches:
            async for batch in batches:
                self._note_lag(batch[-1].pending + len(batch))
                async with busy:
                    await self._check(fold.views)
                    await fold.apply(batch)
                    self.position = fold.position
                self._note_lag(batch[-1].pending)
                metrics.PROJECTION_FOLDS.inc()
                metrics.PROJECTION_MESSAGES.inc(len(batch))

    def _note_lag(self, messages: int) -> None:
        self._lag = messages
        metrics.PROJECTION_LAG.set(messages)
        if not messages:
            self._current_at = time.monotonic()

    def _behind(self) -> float:
        """Seconds since the views were as new as the log; also when the store keeps us from looking."""
        return time.monotonic() - self._current_at if self._lease.held else 0.0

    async def _watch(self, fold: Fold, busy: asyncio.Lock) -> None:
        """See a rebuild's new generation, or a wiped database, also while nothing happens."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            async with busy:
                await self._check(fold.views)
                if await fold.views.checkpoint() != fold.position:
                    raise ViewsMoved("the checkpoint is not where this process left it")
                self._note_lag(self._lag)

    async def _check(self, views: Views) -> None:
        if not self._lease.held:
            raise LeaseLost
        if (await self._store.current(fresh=True)).database != views.database:
            raise ViewsMoved("another generation is live")

    def _may_publish(self, views: Views) -> MayPublish:
        async def check() -> bool:
            return self._lease.held and (await self._store.current(fresh=True)).database == views.database

        return check

    async def _until_lost(self) -> None:
        await self._lease.lost.wait()
        raise LeaseLost


async def _first_to_end(*parts: Coroutine[None, None, None]) -> None:
    """Run the parts until one of them ends or fails, then end the others; raises what it raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await cancel(tasks)
