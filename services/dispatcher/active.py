"""A job the dispatcher has on its hands: what it is, and which of its items are out."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

import msgspec
import structlog

from contracts import codec
from contracts.codec import ItemsCounted
from contracts.events import Envelope
from contracts.items import ItemForwarded
from contracts.subjects import job_history, job_subject, parse_job_subject
from shared.job import ABSENT, JobState, bitmap, evolve
from shared.messaging.log import EventLog, Fence
from shared.messaging.tail import Message
from shared.observability.tracing import accepted

logger = structlog.get_logger(__name__)

_encode = msgspec.json.Encoder().encode


class ActiveJob:
    """The fold of a job up to a sequence, and the window of items handed out and not yet settled."""

    def __init__(self, tenant: str, job: str) -> None:
        self.tenant = tenant
        self.id = job
        self.state: JobState = ABSENT
        self.sequence = 0
        """Of the job's newest message seen; what the fence expects."""
        self.traceparent = ""
        """Of the request that made it; its items and events carry it on."""
        self.awaiting = 0
        """Of a message this dispatcher wrote and has not seen come by yet; until then nothing new is decided."""
        self.outstanding: set[int] = set()
        self.finished_now = 0
        self.finished_last_second = 0
        self.last_result = 0.0
        self.cancel_seen: float | None = None
        """When the wish to cancel was seen, by the monotonic clock."""
        self.derive = False
        """Every item without a result is to be handed out anew. A flag, because the feeder alone reads the items."""
        self._items: AsyncGenerator[tuple[int, msgspec.Raw], None] | None = None

    @property
    def fence(self) -> Fence:
        """Nothing was written about this job since we looked."""
        return Fence(job_history(self.tenant, self.id), self.sequence)

    @property
    def runs(self) -> bool:
        """Whether its items may be handed out."""
        state = self.state
        return state.phase == "running" and not state.cancel_requested

    def see(self, message: Message) -> None:
        """Fold one message of the job's log; what was seen before changes nothing."""
        if message.sequence <= self.sequence:
            return
        self.sequence = message.sequence
        self.traceparent = self.traceparent or accepted(message.traceparent)
        channel = parse_job_subject(message.subject).channel
        if channel in ("items", "log"):
            return
        processed = self.state.processed
        for envelope in read_events(message):
            self.state = evolve(self.state, envelope)
            if channel == "results":
                self.outstanding.discard(envelope.data.index)  # type: ignore[attr-defined]
        if channel == "results":
            self.finished_now += self.state.processed - processed
            self.last_result = time.monotonic()
        elif self.state.cancel_requested and self.cancel_seen is None:
            self.cancel_seen = time.monotonic()

    def new_second(self) -> None:
        """Turn the counter that sizes the window."""
        self.finished_last_second, self.finished_now = self.finished_now, 0

    @property
    def pace(self) -> int:
        """Items finished in about the last second."""
        return max(self.finished_last_second, self.finished_now)

    async def derive_if_wanted(self) -> bool:
        """When `derive` is set: forget what is out, and read the job's items from the first one again."""
        wanted, self.derive = self.derive, False
        if wanted:
            self.outstanding.clear()
            await self.stop_reading()
        return wanted

    async def stop_reading(self) -> None:
        """Let go of the reader of the job's items."""
        items, self._items = self._items, None
        if items is not None:
            await items.aclose()

    async def next_items(self, log: EventLog, count: int) -> list[bytes]:
        """Up to `count` further ItemRequested messages; fewer only when the job has no more to hand out."""
        if self._items is None:
            self._items = self._read_items(log)
        taken: list[bytes] = []
        async for index, item in self._items:
            if index in self.outstanding or bitmap.contains(self.state.settled, index):
                continue
            self.outstanding.add(index)
            taken.append(self._request(index, item))
            if len(taken) == count:
                break
        return taken

    @property
    def all_out(self) -> bool:
        """Whether there is nothing left to hand out."""
        return self.state.processed + len(self.outstanding) >= self.state.total

    def _request(self, index: int, item: msgspec.Raw) -> bytes:
        return _encode(
            ItemForwarded(
                job=self.id,
                tenant=self.tenant,
                job_type=self.state.job_type,
                index=index,
                item=item,
                options=self.state.params,
            )
        )

    async def _read_items(self, log: EventLog) -> AsyncGenerator[tuple[int, msgspec.Raw], None]:
        tail = log.tail(job_subject(self.tenant, self.id, "items"))
        try:
            async for message in tail.messages(until_caught_up=True):
                for envelope in read_events(message):
                    if isinstance(envelope.data, ItemsCounted):
                        for index, item in enumerate(envelope.data.items, start=envelope.data.first):
                            yield index, item
        finally:
            await tail.close()


def read_events(message: Message) -> list[Envelope]:
    """The events of a message, slim. None of a message that cannot be read: one such must not stop every other job."""
    try:
        return codec.decode_slim(message.payload)
    except ValueError:
        tenant, job, _ = parse_job_subject(message.subject)
        logger.exception("message_unreadable", tenant=tenant, job_id=job, sequence=message.sequence)
        return []
