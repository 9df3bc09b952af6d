"""An ordered read of a stream that survives restarts of the server, lost consumers and lost connections.

It is an ephemeral pull consumer that asks for a bounded number of messages, so that a slow reader is never flooded.
It remembers the last sequence it gave out, starts a new consumer behind it whenever the old one falls silent, and
drops anything at or below it. (nats-py's ordered consumer stays silent after a restart or begins again at 1.)
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api

from contracts.subjects import LOG_STREAM
from shared.messaging.pull import BROKEN, Pull
from shared.observability.tracing import TRACEPARENT

_REQUEST = 256
"""Messages asked for at a time; the reader's buffer is at most twice that."""

_REQUEST_BYTES = 16 * 1024 * 1024
"""Above one message's limit, or a request could never be served."""


class Message(NamedTuple):
    """One message of a stream."""

    sequence: int
    subject: str
    payload: bytes
    pending: int
    """Messages that matched and waited behind it when it was sent; 0: the reader has caught up."""
    traceparent: str = ""
    """Of the request it goes back to, as its header has it."""


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
        self.reconnected = 0
        """How often the consumer had to be made anew; a reader that keeps more state than its position may care."""
        self._buffer: deque[Message] = deque()
        self._received = after
        self._pull: Pull | None = None
        self._consumer = ""
        self._consumer_sequence = 0
        self._gap = False

    async def batches(self, *, until_caught_up: bool = False) -> AsyncGenerator[list[Message], None]:
        """Whatever has arrived, in lists of 1 to 512; with `until_caught_up` it ends at the stream's end."""
        try:
            while True:
                pull = self._pull
                if pull is None or self._gap or pull.gone or pull.silent:
                    something_waits = await self._connect()
                    if until_caught_up and not something_waits and not self._buffer:
                        return
                    pull = self._pull
                assert pull is not None
                if pull.owed <= _REQUEST // 2 and len(self._buffer) <= _REQUEST:
                    await pull.ask(_REQUEST)
                if not self._buffer:
                    await pull.wait()
                    if until_caught_up and not self._buffer and await self._nothing_waits():
                        return  # what was still to come has been purged meanwhile
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
        pull, self._pull = self._pull, None
        if pull is None or self._client.is_closed:
            return
        await pull.close()
        with contextlib.suppress(*BROKEN):
            # No answer is awaited: a consumer that stays behind ends by itself when nobody asks it.
            await self._client.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._consumer}")

    async def _connect(self) -> bool:
        """Make a consumer behind the last message received. False: nothing waits there now."""
        self.reconnected += self._consumer != ""
        while True:
            await self.close()
            try:
                return await self._create_consumer()
            except BROKEN:
                await asyncio.sleep(0.25)

    async def _create_consumer(self) -> bool:
        latest = self._last_per_subject and self._received == 0
        info = await self._js.add_consumer(
            self._stream,
            api.ConsumerConfig(
                name=self._client._nuid.next().decode(),  # noqa: SLF001 - the client's own name generator
                deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT if latest else api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=None if latest else self._received + 1,
                filter_subjects=self._filters,
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=30,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._consumer = info.name
        self._consumer_sequence = 0
        self._gap = False
        self._pull = Pull(self._client, self._stream, info.name, self._receive, max_bytes=_REQUEST_BYTES)
        await self._pull.open()
        return bool(info.num_pending)

    async def _nothing_waits(self) -> bool:
        try:
            info = await self._js.consumer_info(self._stream, self._consumer)
        except BROKEN:
            return False
        delivered = info.delivered.consumer_seq if info.delivered else 0
        return not info.num_pending and delivered == self._consumer_sequence

    def _receive(self, msg: Msg) -> None:
        # $JS.ACK[.<domain>.<account>].<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>
        tokens = msg.reply.split(".")
        first = 7 if len(tokens) > 9 else 5
        stream_sequence, consumer_sequence, pending = int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 3])
        if tokens[first - 2] != self._consumer:
            return  # a late message of a consumer given up
        if self._gap or consumer_sequence != self._consumer_sequence + 1:
            self._gap = True  # begin again behind the last one received
            return
        self._consumer_sequence = consumer_sequence
        if stream_sequence > self._received:
            self._received = stream_sequence
            traceparent = msg.headers.get(TRACEPARENT, "") if msg.headers else ""
            self._buffer.append(Message(stream_sequence, msg.subject, msg.data, pending, traceparent))
