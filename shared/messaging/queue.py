"""The work queue: how items reach modules. Disposable: the dispatcher derives it anew from the log."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import NamedTuple

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import subjects
from contracts.subjects import QUEUE_STREAM
from shared.messaging.pull import BROKEN, Pull
from shared.observability.tracing import TRACEPARENT, accepted

logger = structlog.get_logger(__name__)


class Delivery(NamedTuple):
    """One message of the queue, in the hands of this process until it is acked."""

    msg: Msg
    attempt: int
    """1: nobody had it before. More: whoever had it died or fell silent."""

    @property
    def payload(self) -> bytes:
        """An ItemRequested."""
        return bytes(self.msg.data)

    @property
    def traceparent(self) -> str:
        """Of the request its job goes back to; empty if the header is missing or none."""
        return accepted(self.msg.headers.get(TRACEPARENT)) if self.msg.headers else ""

    async def ack(self) -> None:
        """The item is done with; its result is in the log. An ack that is lost costs a duplicate, no more."""
        with contextlib.suppress(*BROKEN):
            await self.msg.ack()

    async def heartbeat(self) -> None:
        """Somebody is still at it."""
        with contextlib.suppress(*BROKEN):
            await self.msg.in_progress()


class ItemFeed:
    """Pulls a module's items, never more than there is room for."""

    def __init__(
        self, client: Client, job_type: str, room: Callable[[], int], receive: Callable[[Delivery], None]
    ) -> None:
        self._client = client
        self._job_type = job_type
        self._room = room
        self._receive = receive
        self._pull: Pull | None = None
        self._stopped = False

    def wake(self) -> None:
        """There is room again."""
        if self._pull is not None:
            self._pull.changed.set()

    def stop(self) -> None:
        """Ask for nothing more; `run` ends."""
        self._stopped = True
        self.wake()

    async def run(self) -> None:
        """Ask, receive, ask again, until stopped. A missing consumer is waited for, once a second.

        What is on its way at the end is still received: dropped, it would come to another worker as a second delivery.
        """
        try:
            while not self._stopped:
                if not self._client.is_connected:
                    await asyncio.sleep(0.25)  # the client would keep the request and send it later, again and again
                    continue
                pull = self._pull = self._pull or await self._open()
                if pull.silent:
                    # The same inbox goes on: on one given up, items that a late request still brings would be lost,
                    # and come again only when they count as suspects.
                    pull.forget()
                if pull.gone:
                    await asyncio.sleep(1.0)  # the dispatcher makes it anew; asking faster would only spin
                    pull.gone = False
                room = self._room() - pull.owed
                # Few large requests instead of one for each place that falls free.
                if room > 0 and (pull.owed == 0 or room > pull.owed):
                    await pull.ask(room)
                await pull.wait()
        finally:
            if self._pull is not None:
                await self._pull.finish()

    async def _open(self) -> Pull:
        pull = Pull(self._client, QUEUE_STREAM, subjects.durable(self._job_type), self._on_message)
        await pull.open()
        return pull

    def _on_message(self, msg: Msg) -> None:
        tokens = msg.reply.split(".")
        deliveries = int(tokens[6 if len(tokens) > 9 else 4])
        self._receive(Delivery(msg, deliveries))
