"""One fold of a job's log per process, shared by all who watch the job.

The hub keeps each event as the bytes it is sent as, in one list; a client is only a place in that list. So a slow
client holds nothing back and costs nothing, and a reconnect at any id is a search in the list of ids.
"""

from __future__ import annotations

import asyncio
import contextlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Sequence

import structlog

from contracts import subjects
from contracts.events import DeleteRequested, JobDeleted
from services.projector.fold import read_events
from services.projector.frames import error_frame, frames_of, last_frames, status_frame
from services.projector.reader import Reader
from shared.api.errors import ApiError, Unavailable
from shared.job import ABSENT, JobState
from shared.messaging.log import EventLog, LogUnavailable
from shared.messaging.tail import Message
from shared.store import JobView, StoreUnavailable

logger = structlog.get_logger(__name__)

_LARGE = 128 * 1024
"""Bytes of a batch above which it is folded in a thread."""
_LOOK_EVERY = 1.0
"""Seconds between two looks at the view of an ended job, should its message be lost."""
_PACE = (0.01, 0.00003)
"""Seconds between two batches of news: a little, and for each client a little more, so that a thousand of them get
events together instead of one by one."""

Shown = list[tuple[int, bytes]]


class JobGone(Exception):
    """The job was deleted while somebody watched."""


class Hub:
    """A job's events so far. `run` folds until the job has ended and its rows can be read."""

    def __init__(self, log: EventLog, reader: Reader, tenant: str, job: str) -> None:
        self._log = log
        self._reader = reader
        self._tenant = tenant
        self._job = job
        self._ids = array("q")
        self._frames: list[bytes] = []
        self._wakers: set[asyncio.Event] = set()
        self._ended_seq = 0
        self.size = 0
        """Bytes of all frames."""
        self.state: JobState = ABSENT
        self.settled = asyncio.Event()
        """Set once the state is that of the log's end."""
        self.over = False
        """`done` is the last frame."""
        self.failure: bytes | None = None
        """The `error` frame that ends every stream of this hub."""

    @property
    def clients(self) -> int:
        """How many watch."""
        return len(self._wakers)

    @contextlib.contextmanager
    def watch(self, waker: asyncio.Event) -> Iterator[None]:
        """For the life of a client: its event is set whenever there may be news."""
        self._wakers.add(waker)
        try:
            yield
        finally:
            self._wakers.discard(waker)

    def place_after(self, identity: int) -> int:
        """Where in the list the events after a log id begin."""
        return bisect_right(self._ids, identity)

    def frames(self, place: int, most: int) -> list[bytes]:
        """At most so many frames from a place on."""
        return self._frames[place : place + most]

    @property
    def last(self) -> bytes:
        """The newest frame; `done` once the hub is over."""
        return self._frames[-1]

    def status(self) -> bytes:
        """A `status` of this moment, without id."""
        return status_frame(self.state, view_ready=self.over)

    async def run(self) -> None:
        """Fold to the end. What fails here ends the streams with an `error`; the client connects again."""
        try:
            await self._fold()
            view = await self._until_readable()
            ended, self.state = self.state, view.state
            self._show(
                last_frames(ended, self._ended_seq, download_available=ended.rows > 0 and not view.state.expired)
            )
            self.over = True
        except JobGone:
            self.failure = error_frame("deleted", "The job was deleted.")
        except Exception:
            logger.exception("hub_failed", tenant=self._tenant, job_id=self._job)
            self.failure = error_frame("internal", "The stream was interrupted; connect again.")
        finally:
            self.settled.set()
            self._wake()

    async def _fold(self) -> None:
        tail = self._log.tail(
            subjects.job_subject(self._tenant, self._job, "lifecycle"),
            subjects.job_subject(self._tenant, self._job, "results"),
            subjects.job_subject(self._tenant, self._job, "log"),
        )
        async with contextlib.aclosing(tail.batches()) as batches:
            async for batch in batches:
                if sum(len(message.payload) for message in batch) > _LARGE:
                    state, shown = await asyncio.to_thread(self._read, batch)
                else:
                    state, shown = self._read(batch)
                self.state = state
                self._show(shown)
                if state.ended:
                    return
                if batch[-1].pending == 0:
                    self.settled.set()
                self._wake()
                await asyncio.sleep(_PACE[0] + _PACE[1] * self.clients)

    def _read(self, batch: Sequence[Message]) -> tuple[JobState, Shown]:
        state, shown = self.state, []
        for message in batch:
            events = read_events(message)
            if any(isinstance(envelope.data, JobDeleted | DeleteRequested) for envelope in events):
                raise JobGone
            state, more = frames_of(state, message.sequence, events)
            shown += more
            if state.ended:
                self._ended_seq = message.sequence
                break
        return state, shown

    async def _until_readable(self) -> JobView:
        """Wait for the projector's word, or look."""
        said = asyncio.Event()

        async def note(_: object) -> None:
            said.set()

        subscription = await self._log.client.subscribe(subjects.view_ready(self._job), cb=note)
        try:
            while True:
                said.clear()
                with contextlib.suppress(StoreUnavailable, LogUnavailable, ApiError):
                    view = await self._reader.view(self._job)
                    if view is None:
                        raise JobGone
                    if view.state.ended and view.ready:
                        return view
                self.settled.set()
                self._wake()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await said.wait()
        finally:
            with contextlib.suppress(Exception):  # the connection may be gone, and the subscription with it
                await subscription.unsubscribe()

    def _show(self, shown: Shown) -> None:
        for identity, text in shown:
            self._ids.append(identity)
            self._frames.append(text)
            self.size += len(text)

    def _wake(self) -> None:
        for waker in self._wakers:
            waker.set()


class Hubs:
    """The hubs of a process. Bounded: a stream bears 1 000 consumers, and idle hubs may hold 64 MB."""

    def __init__(
        self, log: EventLog, reader: Reader, *, linger: float = 60.0, most: int = 800, idle_bytes: int = 64 * 1024**2
    ) -> None:
        self._log = log
        self._reader = reader
        self._linger = linger
        self._most = most
        self._idle_bytes = idle_bytes
        self._hubs: dict[str, Hub] = {}
        self._tasks: dict[Hub, asyncio.Task[None]] = {}
        self._idle: OrderedDict[str, asyncio.TimerHandle] = OrderedDict()

    def __len__(self) -> int:
        return len(self._hubs)

    @contextlib.asynccontextmanager
    async def watch(self, tenant: str, job: str, waker: asyncio.Event) -> AsyncIterator[Hub]:
        """The job's hub, for the life of a client. Raises Unavailable when too many jobs are watched."""
        hub = self._open(tenant, job)
        with hub.watch(waker):
            try:
                yield hub
            finally:
                if hub.clients == 1 and self._hubs.get(job) is hub:
                    self._rest(job, hub)

    async def close(self) -> None:
        """End all folds."""
        for job in tuple(self._hubs):
            self._drop(job)
        tasks = tuple(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks)

    def _open(self, tenant: str, job: str) -> Hub:
        hub = self._hubs.get(job)
        if hub is not None and hub.failure is None:
            if timer := self._idle.pop(job, None):
                timer.cancel()
            return hub
        self._drop(job)
        self._make_room()
        hub = Hub(self._log, self._reader, tenant, job)
        self._hubs[job] = hub
        task = asyncio.create_task(hub.run(), name=f"hub-{job}")
        self._tasks[hub] = task
        task.add_done_callback(lambda _: self._tasks.pop(hub, None))
        return hub

    def _rest(self, job: str, hub: Hub) -> None:
        """The last client has gone; another may come, soon: a reconnect is one."""
        if hub.failure is not None:
            self._drop(job)
            return
        self._idle[job] = asyncio.get_running_loop().call_later(self._linger, self._drop, job)
        while len(self._idle) > 1 and sum(self._hubs[other].size for other in self._idle) > self._idle_bytes:
            self._drop(next(iter(self._idle)))

    def _make_room(self) -> None:
        while len(self._hubs) >= self._most:
            if not self._idle:
                raise Unavailable("Too many jobs are watched at the moment. Try again shortly.")
            self._drop(next(iter(self._idle)))

    def _drop(self, job: str) -> None:
        hub = self._hubs.pop(job, None)
        if timer := self._idle.pop(job, None):
            timer.cancel()
        if hub is not None and (task := self._tasks.get(hub)):
            task.cancel()
