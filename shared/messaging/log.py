"""The event log: append under a fence, read in order. Nothing else writes to the stream `JOBS`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import nats.js.errors
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from ulid import ULID

from contracts import codec, subjects
from contracts.events import TYPE_NAMES, Envelope, Event, channel_of
from shared.messaging.tail import Message, Tail
from shared.observability import tracing

_WRONG_LAST_SEQUENCE = (10071, 10164)
_NO_ROOM = (10047, 10077, 10023)
"""JetStream error codes: insufficient storage, maximum bytes exceeded, insufficient resources."""
_TOO_MANY_BATCHES = (10176, 10210, 10211)

FULL = 0.9
"""Share of the log's size beyond which new jobs are refused, so that results of running ones still fit."""

KEPT = 0.97
"""Share beyond which results and lines wait too. What is left belongs to lifecycles: without room for a deletion or an
expiry a full log could never become less full."""

_RECONNECTION = 1.0
"""Seconds a request waits for the connection to come back: a broker that is restarted takes about as long."""

_CLOSE = 0.8
"""Share beyond which what others write in a second may matter: the server is asked each time."""


class Conflict(Exception):
    """Somebody wrote to the fenced subjects since they were read: fold again and decide again."""


class LogFull(Exception):
    """The log has no room; nothing was written."""


class LogUnavailable(Exception):
    """The broker did not confirm; whether the write happened is unknown. Read the log to find out."""


class Busy(Exception):
    """The server has too many open batches; nothing was written, try again under a new batch."""


class Fence(NamedTuple):
    """An expectation: the last message on `filter` has this sequence (0: there is none)."""

    filter: str
    sequence: int


class Draft(NamedTuple):
    """A message to be appended."""

    subject: str
    payload: bytes
    fence: Fence | None = None


class _Answer(msgspec.Struct, frozen=True):
    class Error(msgspec.Struct, frozen=True):
        code: int = 0
        err_code: int = 0
        description: str = ""

    error: Error | None = None
    seq: int = 0


def now_rfc3339() -> str:
    """This moment as envelopes carry it: UTC, milliseconds, `Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def envelop(event: Event, tenant: str, job: str, source: str, *, at: str | None = None) -> Envelope:
    """An event in its envelope. Slim variants of an event carry the full one's type name."""
    return Envelope(
        id=str(ULID()),
        source=f"/outsend/{source}",
        type=TYPE_NAMES.get(type(event)) or codec.slim_type(event),
        subject=job,
        time=at or now_rfc3339(),
        tenant=tenant,
        data=event,
    )


class EventLog:
    """Appends to and reads from the log over one connection. `source` names the writing service."""

    def __init__(self, client: Client, source: str, *, timeout: float = 5.0) -> None:
        self.client = client
        self.source = source
        self._js = client.jetstream(timeout=timeout)
        self._timeout = timeout
        self._limit = 0
        self._used = 0
        self._asked = float("-inf")

    def draft(
        self, tenant: str, job: str, events: Sequence[Event], *, fence: Fence | None = None, at: str | None = None
    ) -> Draft:
        """Events of one channel as one message."""
        envelopes = [envelop(event, tenant, job, self.source, at=at) for event in events]
        return Draft(subjects.job_subject(tenant, job, channel_of(events[0])), codec.encode(envelopes), fence)

    async def append(self, tenant: str, job: str, *events: Event, fence: Fence | None = None) -> int:
        """Append events of one channel as one message; gives its sequence.

        Raises Conflict, LogFull, LogUnavailable.
        """
        return await self.publish(self.draft(tenant, job, events, fence=fence))

    async def publish(self, draft: Draft) -> int:
        """Append one message; gives its sequence. Raises Conflict, LogFull, LogUnavailable."""
        if not draft.subject.endswith(".lifecycle") and await self.fill() >= KEPT:
            raise LogFull("the log is full: what room is left is kept for deletions")
        return await self._request(draft.subject, draft.payload, _headers(draft))

    async def publish_atomic(self, drafts: Sequence[Draft]) -> int:
        """Append all messages or none; gives the last one's sequence. At most 1 000.

        Raises Conflict, LogFull, Busy, LogUnavailable.
        """
        if len(drafts) == 1:
            return await self.publish(drafts[0])
        batch = str(ULID())
        sequence = 0
        for number, draft in enumerate(drafts, start=1):
            headers = _headers(draft) | {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            if number == len(drafts):
                sequence = await self._request(draft.subject, draft.payload, headers | {"Nats-Batch-Commit": "1"})
            elif number == 1:  # the first is answered: a server that cannot take the batch says so here
                await self._request(draft.subject, draft.payload, headers, opens_batch=True)
            else:
                self._used += _stored_size(draft.subject, draft.payload)
                await self.client.publish(draft.subject, draft.payload, headers=headers)
        return sequence

    async def _request(
        self, subject: str, payload: bytes, headers: dict[str, str], *, opens_batch: bool = False
    ) -> int:
        await self._until_connected()
        self._used += _stored_size(subject, payload)
        try:
            reply = await self.client.request(subject, payload, timeout=self._timeout, headers=headers or None)
        except (NoRespondersError, NatsError, TimeoutError, OSError) as error:
            raise LogUnavailable(f"the event log did not answer: {error or type(error).__name__}") from None
        if opens_batch and not reply.data:  # how the server says that it goes on
            return 0
        try:
            answer = msgspec.json.decode(reply.data, type=_Answer)
        except ValueError:
            answer = _Answer()
        if answer.error is None and answer.seq:
            return answer.seq
        if answer.error is None:  # any subscriber of a subject can answer on it; what became of the write is unknown
            raise LogUnavailable("somebody answered in place of the event log")
        code, description = answer.error.err_code, answer.error.description
        if code in _WRONG_LAST_SEQUENCE:
            raise Conflict(description)
        if code in _NO_ROOM or "maximum bytes" in description or "insufficient" in description:
            raise LogFull(description)
        if code in _TOO_MANY_BATCHES:
            raise Busy(description)
        raise LogUnavailable(f"the event log refused: {description} ({code})")

    def tail(self, *filters: str, after: int = 0, last_per_subject: bool = False) -> Tail:
        """An ordered read of the subjects, from the message after `after` on."""
        return Tail(self.client, filters, after=after, last_per_subject=last_per_subject)

    async def read(self, *filters: str, after: int = 0, upto: int | None = None) -> AsyncIterator[Message]:
        """The messages that are there now, in order, up to a sequence or to the end."""
        tail = self.tail(*filters, after=after)
        try:
            async for message in tail.messages(until_caught_up=True):
                if upto is not None and message.sequence > upto:
                    return
                yield message
        finally:
            await tail.close()

    async def last(self, filter_subject: str) -> Message | None:
        """The newest message on the subjects, or None. Raises LogUnavailable."""
        await self._until_connected()
        try:
            found = await self._js.get_last_msg(subjects.LOG_STREAM, filter_subject, direct=True)
        except nats.js.errors.NotFoundError:
            return None
        except (NatsError, nats.js.errors.Error, TimeoutError, OSError) as error:
            raise LogUnavailable(f"the event log did not answer: {error or type(error).__name__}") from None
        return Message(found.seq or 0, found.subject or "", found.data or b"", 0)

    async def last_sequence(self) -> int:
        """The sequence of the log's newest message. Raises LogUnavailable."""
        return int((await self._info()).state.last_seq)

    async def nearly_full(self) -> bool:
        """Whether the log is filled beyond FULL. Raises LogUnavailable."""
        return await self.fill() >= FULL

    async def fill(self) -> float:
        """Share of the log's size in use. Raises LogUnavailable.

        Far from full it is asked once a second, and in between what this process writes is added.
        """
        if time.monotonic() - self._asked > 1.0 or self._used > _CLOSE * self._limit > 0:
            self._asked = time.monotonic()
            info = await self._info()
            self._limit, self._used = info.config.max_bytes or 0, info.state.bytes
        return self._used / self._limit if self._limit > 0 else 0.0

    async def purge(self, filter_subject: str, *, below: int | None = None) -> None:
        """Remove the messages of some subjects, or only those below a sequence. Raises LogUnavailable."""
        try:
            await self._js.purge_stream(subjects.LOG_STREAM, subject=filter_subject, seq=below)
        except (NatsError, nats.js.errors.Error, TimeoutError, OSError) as error:
            raise LogUnavailable(f"the event log did not purge: {error or type(error).__name__}") from None

    async def _until_connected(self) -> None:
        """Over a connection that is down a request waits in vain, and is sent when nobody wants it any more."""
        patience = time.monotonic() + _RECONNECTION
        while not self.client.is_connected:
            if time.monotonic() > patience:
                raise LogUnavailable("the connection to the event log is down")
            await asyncio.sleep(0.05)

    async def _info(self) -> nats.js.api.StreamInfo:
        await self._until_connected()
        try:
            return await self._js.stream_info(subjects.LOG_STREAM)
        except (NatsError, nats.js.errors.Error, TimeoutError, OSError) as error:
            raise LogUnavailable(f"the event log did not answer: {error or type(error).__name__}") from None


def _stored_size(subject: str, payload: bytes) -> int:
    """Bytes of the log a message takes, about: beside the two there are its record and its headers."""
    return len(subject) + len(payload) + 150


def _headers(draft: Draft) -> dict[str, str]:
    headers: dict[str, str] = {}
    if traceparent := tracing.current():
        headers[tracing.TRACEPARENT] = traceparent
    if draft.subject.endswith(".lifecycle"):
        headers["Nats-TTL"] = "never"  # a job's summary outlives its rows
    if draft.fence is not None:
        headers["Nats-Expected-Last-Subject-Sequence"] = str(draft.fence.sequence)
        if draft.fence.filter != draft.subject:
            headers["Nats-Expected-Last-Subject-Sequence-Subject"] = draft.fence.filter
    return headers
