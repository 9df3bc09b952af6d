"""An ordered read of a stream that survives restarts of the server, lost consumers and lost connections.

It is an ephemeral pull consumer that asks for a bounded number of messages, so that a slow reader is never flooded.
It remembers the last sequence it gave out, starts a new consumer behind it whenever the old one falls silent, and
drops anything at or below it. (nats-py's ordered consumer stays silent after a restart or begins again at 1.)
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js import api
from nats.js.errors import Error as JetStreamError

from contracts.subjects import LOG_STREAM

_REQUEST = 256
"""Messages asked for at a time; the reader's buffer is at most twice that."""

_REQUEST_BYTES = 16 * 1024 * 1024
"""Above one message's limit, or a request could never be served."""

_HEARTBEAT = 1.0
_SILENCE = 2.5
"""Seconds without message or heartbeat after which the consumer counts as lost."""

_BROKEN = (NatsError, JetStreamError, TimeoutError, OSError)


class Message(NamedTuple):
    """One message of a stream."""

    sequence: int
    subject: str
    payload: bytes
    pending: int
    """Messages that matched and waited behind it when it was sent; 0: the reader has caught up."""


class Tail:
    """Reads the messages of some subjects in order, from a sequence on, for ever or until it has caught up."""

    def __init__(
        self,
        client: Client,
        filters: Sequence[str],
        *,
        after: int = 0,
        stream: str = LOG_STREAM,
        last_per_subject: bool = False,
    ) -> None:
        self._client = client
        self._js = client.jetstream()
        self._filters = list(filters)
        self._stream = stream
        self._last_per_subject = last_per_subject
        self.position = after
        """The sequence of the last message given out."""
        self._buffer: deque[Message] = deque()
        self._received = after
        self._arrived = asyncio.Event()
        self._subscription: Subscription | None = None
        self._consumer = ""
        self._consumer_sequence = 0
        self._credit = 0
        self._heard = 0.0
        self._lost = True

    async def batches(self, *, until_caught_up: bool = False) -> AsyncGenerator[list[Message], None]:
        """Whatever has arrived, in lists of 1 to 512; with `until_caught_up` it ends at the stream's end."""
        try:
            while True:
                if self._lost and not await self._connect() and until_caught_up and not self._buffer:
                    return
                await self._ask()
                if not self._buffer and not await self._wait():
                    continue
                batch = list(self._buffer)
                self._buffer.clear()
                self.position = batch[-1].sequence
                yield batch
                if until_caught_up and batch[-1].pending == 0 and not self._buffer:
                    return
        finally:
            await self.close()

    async def messages(self, *, until_caught_up: bool = False) -> AsyncGenerator[Message, None]:
        """As `batches`, one by one."""
        async with contextlib.aclosing(self.batches(until_caught_up=until_caught_up)) as batches:
            async for batch in batches:
                for message in batch:
                    yield message

    async def close(self) -> None:
        """Give the server its consumer back."""
        subscription, self._subscription = self._subscription, None
        if subscription is None or self._client.is_closed:
            return
        with contextlib.suppress(*_BROKEN):
            await subscription.unsubscribe()
        with contextlib.suppress(*_BROKEN):
            # No answer is awaited: a consumer that stays behind ends by itself when nobody asks it.
            await self._client.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._consumer}")

    async def _connect(self) -> bool:
        """Make a consumer behind the last message received. False: nothing waits there now."""
        while True:
            await self.close()
            try:
                return await self._create_consumer()
            except _BROKEN:
                await asyncio.sleep(0.25)

    async def _create_consumer(self) -> bool:
        inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(
            inbox, cb=self._receive, pending_msgs_limit=0, pending_bytes_limit=0
        )
        self._inbox = inbox
        start = self._received + 1
        policy = api.DeliverPolicy.BY_START_SEQUENCE
        if self._last_per_subject and self._received == 0:
            policy = api.DeliverPolicy.LAST_PER_SUBJECT
        info = await self._js.add_consumer(
            self._stream,
            api.ConsumerConfig(
                name=self._client._nuid.next().decode(),  # noqa: SLF001 - the client's own name generator
                deliver_policy=policy,
                opt_start_seq=start if policy is api.DeliverPolicy.BY_START_SEQUENCE else None,
                filter_subjects=self._filters,
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=30,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._consumer = info.name
        self._consumer_sequence = 0
        self._credit = 0
        self._heard = time.monotonic()
        self._lost = False
        return bool(info.num_pending)

    async def _ask(self) -> None:
        if self._credit > _REQUEST // 2 or len(self._buffer) > _REQUEST:
            return
        request = {
            "batch": _REQUEST,
            "max_bytes": _REQUEST_BYTES,
            "expires": 30_000_000_000,
            "idle_heartbeat": int(_HEARTBEAT * 1e9),
        }
        self._credit += _REQUEST
        self._heard = time.monotonic()
        with contextlib.suppress(*_BROKEN):
            await self._client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}",
                msgspec.json.encode(request),
                reply=self._inbox,
            )

    async def _wait(self) -> bool:
        """True once something may have arrived; False when the consumer fell silent."""
        self._arrived.clear()
        try:
            await asyncio.wait_for(self._arrived.wait(), _SILENCE)
        except TimeoutError:
            self._lost = self._lost or time.monotonic() - self._heard >= _SILENCE
        return bool(self._buffer)

    async def _receive(self, msg: Msg) -> None:
        if msg.headers and "Status" in msg.headers and not msg.reply.startswith("$JS.ACK."):
            self._status(msg)
            return
        self._heard = time.monotonic()
        # $JS.ACK[.<domain>.<account>].<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>
        tokens = msg.reply.split(".")
        first = 7 if len(tokens) > 9 else 5
        stream_sequence, consumer_sequence, pending = int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 3])
        if self._lost or consumer_sequence != self._consumer_sequence + 1:
            self._lost = True  # a gap: begin again behind the last one received
            self._arrived.set()
            return
        self._consumer_sequence = consumer_sequence
        self._credit -= 1
        if stream_sequence > self._received:
            self._received = stream_sequence
            self._buffer.append(Message(stream_sequence, msg.subject, msg.data, pending))
        self._arrived.set()

    def _status(self, msg: Msg) -> None:
        status = msg.headers["Status"]
        self._heard = time.monotonic()
        if status == "100":  # heartbeat
            return
        if status in ("408", "409") and "Deleted" not in msg.headers.get("Description", ""):
            # The request is over: expired, or as many bytes as it asked for.
            self._credit -= int(msg.headers.get("Nats-Pending-Messages", _REQUEST))
        else:  # no responders, the consumer is gone
            self._lost = True
        self._arrived.set()
