"""Runs one module's items in one process, as `docs/adr` describes and no service can change.

Bounded concurrency without head-of-line blocking; heartbeats until the ack; a limit of time for each attempt; retries
that hold no slot; suspects one at a time; publish, then ack; on SIGTERM finish or give back.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator

import msgspec
import structlog
from nats.aio.client import Client

from contracts.events import ItemError, ItemProcessed
from contracts.items import ItemRequested, WorkerPresence
from contracts.manifest import ModuleSpec
from contracts.subjects import item_subject, presence
from shared.messaging.cancelling import cancel
from shared.messaging.pull import BROKEN
from shared.messaging.queue import Delivery, ItemFeed
from shared.messaging.streams import ACK_WAIT
from shared.modulekit.clock import CLOCK, AttemptClock
from shared.modulekit.errors import ModuleError, Retryable
from shared.modulekit.meters import ItemMeters
from shared.modulekit.module import ATTEMPT, Context, Process, Result
from shared.modulekit.output import failed, processed
from shared.modulekit.results import ResultWriter
from shared.modulekit.suspects import Suspects
from shared.observability import tracing

logger = structlog.get_logger(__name__)

_PRESENCE_EVERY = 2.0
_PARKED_FACTOR = 10
"""Items in hand at most, in multiples of the concurrency: those that wait for a retry, or as suspects, hold no slot."""

_GIVE_BACK_LIMIT = 5.0
_REMEMBERED = 20_000
"""Finished items remembered, so that a late second delivery is acked instead of run."""

_Key = tuple[str, int, str]
"""Job, index and part: what a result counts once for."""

_decode = msgspec.json.Decoder(ItemRequested).decode


class _Held:
    """An item in hand, with every delivery of it that came."""

    __slots__ = ("deliveries", "item", "since", "started")

    def __init__(self, item: ItemRequested, delivery: Delivery) -> None:
        self.item = item
        self.deliveries = [delivery]
        self.since = time.monotonic()
        self.started = False


class ModuleRunner:
    """One module in one process."""

    def __init__(
        self,
        client: Client,
        spec: ModuleSpec,
        process: Process,
        context: Context,
        *,
        writer: ResultWriter,
        suspects: Suspects,
        worker: str,
        concurrency: int = 0,
    ) -> None:
        self._client = client
        self.spec = spec
        self._process = process
        self._context = context
        self._writer = writer
        self._suspects = suspects
        self._worker = worker
        self._concurrency = concurrency or spec.concurrency
        self._slots = asyncio.Semaphore(self._concurrency)
        self._suspect_lane = asyncio.Lock()
        self._queued = 0
        self._held: dict[_Key, _Held] = {}
        self._meters = ItemMeters(spec.slug, self._held)
        self._finished: OrderedDict[_Key, None] = OrderedDict()
        self._ended_jobs: OrderedDict[str, None] = OrderedDict()
        self._tasks: dict[asyncio.Task[None], _Held] = {}
        self._feed = ItemFeed(client, spec.slug, self._room, self._receive)
        self._background: list[asyncio.Task[None]] = []
        self._acks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to take items."""
        loops = (self._feed.run(), self._heartbeats(), self._announce())
        self._background = [asyncio.create_task(loop) for loop in loops]

    def forget(self, job: str) -> None:
        """The job ended or is about to: drop those of its items that have not started."""
        self._ended_jobs[job] = None
        if len(self._ended_jobs) > _REMEMBERED:
            self._ended_jobs.popitem(last=False)

    async def drain(self, timeout: float) -> None:
        """Take no more; finish what runs within `timeout` seconds, give the rest back."""
        feed, heartbeats, announcements = self._background
        announcements.cancel()
        with contextlib.suppress(*BROKEN):
            await self._say_presence(0)
        self._feed.stop()
        await asyncio.wait({feed})
        waiting = [task for task, held in self._tasks.items() if not held.started]
        running = [task for task, held in self._tasks.items() if held.started]
        await self._abandon(waiting)
        if running:
            await asyncio.wait(running, timeout=timeout)
            await self._abandon([task for task in running if not task.done()])
        await cancel([heartbeats, announcements])
        self._context.close()

    def _room(self) -> int:
        ahead = max(4, self._concurrency // 4)  # a few in hand, so that no slot waits for the broker
        return min(self._concurrency + ahead - self._queued, self._concurrency * _PARKED_FACTOR - len(self._held))

    def _receive(self, delivery: Delivery) -> None:
        try:
            item = _decode(delivery.payload)
        except ValueError:  # no JSON, no UTF-8, or another shape
            job = delivery.msg.subject.rpartition(".")[2]
            logger.exception("item_unreadable", subject=delivery.msg.subject, job_id=job)
            self._spawn_ack([delivery])
            return
        key = (item.job, item.index, item.part)
        if key in self._finished or item.job in self._ended_jobs:
            self._spawn_ack([delivery])
        elif key in self._held:
            self._held[key].deliveries.append(delivery)
        else:
            held = self._held[key] = _Held(item, delivery)
            task = asyncio.create_task(self._handle(key, held, suspect=delivery.attempt > 1))
            self._tasks[task] = held
            task.add_done_callback(self._tasks.pop)

    async def _handle(self, key: _Key, held: _Held, *, suspect: bool) -> None:
        # For this task and what it starts: no line of the module, and no result, is without them.
        structlog.contextvars.bind_contextvars(tenant=held.item.tenant, job_id=held.item.job, index=held.item.index)
        tracing.bind(held.deliveries[0].traceparent)
        try:
            event = await self._traced(held, suspect=suspect)
            if event is not None:
                await self._writer.write(held.item, event)
                self._meters.finished(event)
            self._finished[key] = None
            if len(self._finished) > _REMEMBERED:
                self._finished.popitem(last=False)
            for delivery in held.deliveries:
                await delivery.ack()
        except asyncio.CancelledError:
            await self._give_back(held)
            raise
        finally:
            self._held.pop(key, None)
            self._feed.wake()

    async def _traced(self, held: _Held, *, suspect: bool) -> ItemProcessed | None:
        job, index = held.item.job, held.item.index
        with tracing.span("item", "consumer", job_id=job, job_type=self.spec.slug, item_index=index) as span:
            event = await (self._run_suspect(held) if suspect else self._run(held))
            if event is not None and event.error is not None:
                span.fail(event.error.code)
            return event

    async def _run_suspect(self, held: _Held) -> ItemProcessed | None:
        self._meters.suspects.inc()
        async with self._suspect_lane:
            if not await self._suspects.raise_mark(held.item):
                self._meters.convictions.inc()
                logger.warning("item_convicted", module=self.spec.slug)
                error = ItemError(code="worker_died", message="Workers died while they processed this item")
                return failed(self.spec, held.item, error, attempts=1, duration_ms=0)
            try:
                return await self._run(held)
            finally:
                await self._suspects.take_down(held.item)

    async def _run(self, held: _Held) -> ItemProcessed | None:
        """Attempt after attempt. None: the job ended before the item started."""
        item, attempt, begun = held.item, 0, time.monotonic()
        while True:
            attempt += 1
            try:
                async with self._slot():
                    if item.job in self._ended_jobs:
                        return None
                    held.started = True
                    self._meters.attempts.inc()
                    result = await self._attempt(item, attempt)
                duration = int((time.monotonic() - begun) * 1000)
                return processed(self.spec, item, result, attempts=attempt, duration_ms=duration)
            except Retryable as error:
                if attempt < self.spec.attempts:
                    held.started = False
                    self._meters.retries.inc()
                    await asyncio.sleep(_pause(attempt, error.retry_after))
                    continue
                problem = ItemError(code=error.code, message=error.message)
            except ModuleError as error:
                problem = ItemError(code=error.code, message=error.message)
            except Exception as error:
                logger.exception("module_raised", module=self.spec.slug)
                problem = ItemError(code="module_error", message=f"{type(error).__name__} in module {self.spec.slug}")
            logger.debug("item_failed", module=self.spec.slug, code=problem.code, reason=problem.message)
            duration = int((time.monotonic() - begun) * 1000)
            return failed(self.spec, item, problem, attempts=attempt, duration_ms=duration)

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        self._queued += 1
        self._meters.in_work.inc()
        try:
            async with self._slots:
                yield
        finally:
            self._queued -= 1
            self._meters.in_work.dec()
            self._feed.wake()

    async def _attempt(self, item: ItemRequested, attempt: int) -> Result:
        ATTEMPT.set(attempt)
        clock = AttemptClock(self.spec.timeout)
        CLOCK.set(clock)
        # Not asyncio.timeout: a module that swallows its cancellation must not keep the slot.
        task = asyncio.create_task(_coroutine(self._process, item, self._context))
        try:
            while not task.done() and (left := clock.left()) > 0:
                await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.cancelled():  # by itself: nobody asked the item to stop
            raise ModuleError("module_error", f"The work was cancelled within module {self.spec.slug}")
        if task.done():
            return task.result()
        task.cancel()
        raise ModuleError("timeout", f"Not finished within {self.spec.timeout:g} s")

    async def _give_back(self, held: _Held) -> None:
        """Hand the item to another worker as a fresh message: a second delivery would make it a suspect."""
        with contextlib.suppress(*BROKEN):
            subject = item_subject(self.spec.slug, held.item.job)
            traceparent = held.deliveries[0].traceparent
            headers = {tracing.TRACEPARENT: traceparent} if traceparent else None
            await self._client.jetstream().publish(subject, held.deliveries[0].payload, timeout=2, headers=headers)
            for delivery in held.deliveries:
                await delivery.ack()

    async def _abandon(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:  # not for ever: a broker that is away takes nothing back, and delivers again by itself
            await asyncio.wait(tasks, timeout=_GIVE_BACK_LIMIT)

    def _spawn_ack(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            task = asyncio.create_task(delivery.ack())
            self._acks.add(task)
            task.add_done_callback(self._acks.discard)

    async def _heartbeats(self) -> None:
        while True:
            await asyncio.sleep(ACK_WAIT / 3)
            old = time.monotonic() - ACK_WAIT / 4
            for held in list(self._held.values()):
                if held.since < old:
                    for delivery in held.deliveries:
                        await delivery.heartbeat()

    async def _announce(self) -> None:
        while True:
            with contextlib.suppress(*BROKEN):
                await self._say_presence(self._concurrency)
            await asyncio.sleep(_PRESENCE_EVERY)

    async def _say_presence(self, concurrency: int) -> None:
        said = WorkerPresence(worker=self._worker, job_type=self.spec.slug, concurrency=concurrency)
        await self._client.publish(presence(self.spec.slug), msgspec.json.encode(said))


async def _coroutine(process: Process, item: ItemRequested, context: Context) -> Result:
    return await process(item, context)


def _pause(attempt: int, retry_after: float | None) -> float:
    """Seconds before the next attempt: what the other side asked for, else 1, 2, 4 … with jitter, a minute at most."""
    if retry_after is not None:
        return min(retry_after, 120.0)
    return float(min(2.0 ** (attempt - 1), 60.0) * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
