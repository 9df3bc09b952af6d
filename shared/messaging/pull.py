"""Pull requests to one JetStream consumer, answered message by message.

nats-py's `fetch` waits for its whole batch; here each message is handed on as it arrives, and whoever asks keeps count
of what is still owed, so that a lost request, consumer or connection shows as silence instead of a wait for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

BROKEN = (NatsError, JetStreamError, TimeoutError, OSError)
"""What a call to the broker raises while it is away."""

_HEARTBEAT = 1.0
_SILENCE = 2.5
"""Seconds without message or heartbeat after which an open request counts as lost."""

_EXPIRES = 30.0


class Pull:
    """Asks one consumer for messages and passes them on. `changed` is set whenever anything arrived."""

    def __init__(
        self,
        client: Client,
        stream: str,
        consumer: str,
        receive: Callable[[Msg], None],
        *,
        max_bytes: int | None = None,
    ) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._receive = receive
        self._max_bytes = max_bytes
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._heard = 0.0
        self.owed = 0
        """Messages asked for and not yet received."""
        self.gone = False
        """The server said that there is no such consumer."""
        self.changed = asyncio.Event()

    async def open(self) -> None:
        """Start to listen."""
        self._subscription = await self._client.subscribe(
            self._inbox, cb=self._on_message, pending_msgs_limit=0, pending_bytes_limit=0
        )

    async def close(self) -> None:
        """Stop to listen; what is owed goes to somebody else when its request expires."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None and not self._client.is_closed:
            with contextlib.suppress(*BROKEN):
                await subscription.unsubscribe()

    async def finish(self) -> None:
        """As `close`, but what the server has sent already is still received."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None and not self._client.is_closed:
            with contextlib.suppress(*BROKEN):
                async with asyncio.timeout(_SILENCE):
                    await subscription.drain()

    async def ask(self, count: int) -> None:
        """Ask for so many more messages."""
        request: dict[str, int] = {
            "batch": count,
            "expires": int(_EXPIRES * 1e9),
            "idle_heartbeat": int(_HEARTBEAT * 1e9),
        }
        if self._max_bytes:
            request["max_bytes"] = self._max_bytes
        self.owed += count
        self.gone = False
        self._heard = time.monotonic()
        with contextlib.suppress(*BROKEN):
            await self._client.publish(self._subject, msgspec.json.encode(request), reply=self._inbox)

    def forget(self) -> None:
        """Count on no open request; what one still brings is received all the same."""
        self.owed = 0

    async def wait(self) -> None:
        """Until something arrived or changed, or for as long as a silence may last."""
        self.changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SILENCE):
                await self.changed.wait()

    @property
    def silent(self) -> bool:
        """Whether messages are owed and the server has said nothing for too long."""
        return self.owed > 0 and time.monotonic() - self._heard >= _SILENCE

    async def _on_message(self, msg: Msg) -> None:
        self._heard = time.monotonic()
        if msg.reply.startswith("$JS.ACK."):
            self.owed = max(0, self.owed - 1)
            self._receive(msg)
        else:
            self._on_status(msg)
        self.changed.set()

    def _on_status(self, msg: Msg) -> None:
        headers = msg.headers or {}
        status = headers.get("Status", "")
        if status == "100":  # heartbeat
            return
        if status in ("408", "409") and "Deleted" not in headers.get("Description", ""):
            # The request is over: it expired, or gave as many bytes as it asked for.
            self.owed = max(0, self.owed - int(headers.get("Nats-Pending-Messages", self.owed)))
        else:  # no responders, or the consumer is deleted
            self.owed = 0
            self.gone = True
