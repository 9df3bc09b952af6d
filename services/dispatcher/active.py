"""A job the dispatcher has on its hands: what it is, and which of its items are out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from typing import Any, NamedTuple

import msgspec
import structlog

from contracts import codec
from contracts.codec import ItemsCounted, ItemSettled
from contracts.events import Envelope
from contracts.items import ItemForwarded
from contracts.subjects import job_history, job_subject, parse_job_subject
from shared.job import ABSENT, JobState, bitmap, evolve
from shared.messaging.log import EventLog, Fence
from shared.messaging.tail import Message
from shared.observability.tracing import accepted

logger = structlog.get_logger(__name__)

_encode = msgspec.json.Encoder().encode


class ItemKey(NamedTuple):
    """What a result settles: an item, or a part of one that was split."""

    item: int
    part: str = ""


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
        self.outstanding: set[ItemKey] = set()
        self.finished_now = 0
        self.finished_last_second = 0
        self.last_result = 0.0
        self.cancel_seen: float | None = None
        """When the wish to cancel was seen, by the monotonic clock."""
        self.derive = False
        """Every item without a result is to be handed out anew. A flag, because the feeder alone reads the items."""
        self._items: AsyncGenerator[tuple[int, msgspec.Raw], None] | None = None
        self._parts: deque[ItemKey] = deque()
        """Open parts of split items, to be handed out before any further item."""

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
        for envelope in read_events(message):
            before, self.state = self.state, evolve(self.state, envelope)
            if isinstance(envelope.data, ItemSettled):
                self._settle(envelope.data, counted=self.state is not before)
        if channel == "results":
            self.last_result = time.monotonic()
        elif self.state.cancel_requested and self.cancel_seen is None:
            self.cancel_seen = time.monotonic()

    def _settle(self, result: ItemSettled, *, counted: bool) -> None:
        self.outstanding.discard(ItemKey(result.index, result.part))
        self.finished_now += counted
        if counted and result.split:
            self._parts += (ItemKey(result.index, f"{result.part}{number}") for number in range(len(result.split)))

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
            survey = self.state.survey
            splits = survey.splits if survey is not None else {}
            self._parts = deque(ItemKey(index, part) for index, split in splits.items() for part in split.parts)
        return wanted

    async def stop_reading(self) -> None:
        """Let go of the reader of the job's items."""
        items, self._items = self._items, None
        if items is not None:
            await items.aclose()

    async def next_items(self, log: EventLog, count: int) -> list[bytes]:
        """Up to `count` further ItemRequested messages; fewer only when the job has no more to hand out."""
        taken = list(self._open_parts(count))
        if len(taken) == count:
            return taken
        if self._items is None:
            self._items = self._read_items(log)
        async for index, item in self._items:
            key = ItemKey(index)
            if key in self.outstanding or bitmap.contains(self.state.settled, index) or self._split(index):
                continue
            taken.append(self._hand_out(key, item))
            if len(taken) == count:
                break
        return taken

    @property
    def all_out(self) -> bool:
        """Whether there is nothing left to hand out."""
        if self._parts:
            return False
        out = {key.item for key in self.outstanding} if self.state.on_grid else self.outstanding
        return self.state.finished + len(out) >= self.state.items

    def _open_parts(self, most: int) -> Iterator[bytes]:
        for _ in range(min(most, len(self._parts))):
            key = self._parts.popleft()
            item = self._split(key.item).get(key.part)
            if item is not None and key not in self.outstanding:
                yield self._hand_out(key, msgspec.Raw(item))

    def _split(self, index: int) -> dict[str, bytes]:
        """The open parts of an item and their work items."""
        survey = self.state.survey
        split = survey.splits.get(index) if survey is not None else None
        return split.parts if split is not None else {}

    def _hand_out(self, key: ItemKey, item: msgspec.Raw) -> bytes:
        self.outstanding.add(key)
        return _encode(
            ItemForwarded(
                job=self.id,
                tenant=self.tenant,
                job_type=self.state.job_type,
                index=key.item,
                part=key.part,
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
                            for pair in self._pairs(index, item):
                                yield pair
        finally:
            await tail.close()

    def _pairs(self, index: int, item: msgspec.Raw) -> Iterator[tuple[int, msgspec.Raw]]:
        """The work items of a submitted one: of a tile, one for each query."""
        queries = self.state.queries
        if not queries:
            yield index, item
            return
        tile: dict[str, Any] = msgspec.json.decode(item)
        for number, query in enumerate(queries):
            yield index * len(queries) + number, msgspec.Raw(_encode({"query": query} | tile))


def read_events(message: Message) -> list[Envelope]:
    """The events of a message, slim. None of a message that cannot be read: one such must not stop every other job."""
    try:
        return codec.decode_slim(message.payload)
    except ValueError:
        tenant, job, _ = parse_job_subject(message.subject)
        logger.exception("message_unreadable", tenant=tenant, job_id=job, sequence=message.sequence)
        return []
