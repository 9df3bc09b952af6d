"""A role that one process plays at a time: a key in the bucket `leases`, renewed by revision.

The key goes when nobody renews it for the bucket's TTL; its holder stops acting earlier, by its own monotonic clock
counted from the moment a good renewal was *sent*. So a holder that was paused, or cut off, has stopped before another
one can begin, and no two clocks are ever compared. (The TTL must be the bucket's: an update drops a message's own.)
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue
from ulid import ULID

from shared.messaging.cancelling import cancel
from shared.observability.metrics import ACTING

logger = structlog.get_logger(__name__)

_NO_ANSWER = (NatsError, TimeoutError, OSError)
_RETRY = 0.5
"""Seconds between two attempts, at the lease or at a renewal that was not answered."""


class Lease:
    """One role in one process. Durations in seconds: `renew` < `act` < `ttl`, and `ttl` is the bucket's."""

    def __init__(
        self, kv: KeyValue, role: str, holder: str, *, ttl: float = 10.0, renew: float = 3.0, act: float = 7.0
    ) -> None:
        if not renew < act < ttl:
            raise ValueError("a lease is renewed before its holder stops acting, which is before it expires")
        self._kv = kv
        self.role = role
        self._value = f"{holder} {ULID()}".encode()  # unique: it tells our own unanswered write from another's
        self._renew = renew
        self._act = act
        self._revision = 0
        self._until = 0.0
        self._renewing: asyncio.Task[None] | None = None
        ACTING.labels(role).set_function(lambda: float(self.held))
        self.lost = asyncio.Event()
        """Set when a lease that was held is no longer; cleared by `acquire`."""

    @property
    def held(self) -> bool:
        """Whether this process may act now. Ask before every write."""
        return time.monotonic() < self._until

    async def acquire(self) -> None:
        """Wait until the role is ours, however long that takes; then keep it until `release` or `lost`."""
        await self._stop_renewing()
        while not await self._try(self._take, _RETRY * 4):  # noqa: ASYNC110 - nothing tells when a key expires
            await asyncio.sleep(_RETRY)
        self.lost.clear()
        self._renewing = asyncio.create_task(self._keep(), name=f"lease-{self.role}")
        logger.info("lease_acquired", role=self.role)

    async def release(self) -> None:
        """Give the role back, if it is still ours, so that another process begins at once."""
        await self._stop_renewing()
        self._until = 0.0
        revision, self._revision = self._revision, 0
        if revision:  # else it was never ours, and a delete without a revision would take it from its holder
            with contextlib.suppress(*_NO_ANSWER):
                async with asyncio.timeout(_RETRY * 4):
                    await self._kv.delete(self.role, last=revision)

    async def _keep(self) -> None:
        wait = self._renew
        while True:
            await asyncio.sleep(max(0.0, min(wait, self._until - time.monotonic())))
            left = self._until - time.monotonic()
            if left <= 0:
                return self._lose("not renewed in time")
            try:
                good = await self._try(self._prolong, min(left, self._renew))
            except KeyWrongLastSequenceError:
                return self._lose("taken over")
            wait = self._renew if good else min(_RETRY, self._renew)

    async def _take(self) -> bool:
        sent = time.monotonic()
        try:
            self._revision = await self._kv.create(self.role, self._value)
        except KeyWrongLastSequenceError:
            return await self._adopt()
        self._until = sent + self._act
        return True

    async def _prolong(self) -> bool:
        sent = time.monotonic()
        try:
            self._revision = await self._kv.update(self.role, self._value, last=self._revision)
        except KeyWrongLastSequenceError:
            if await self._adopt():
                return True
            raise
        self._until = sent + self._act
        return True

    async def _adopt(self) -> bool:
        """Go on from a write of ours whose answer was lost; False when the key is another's, or gone."""
        try:
            entry = await self._kv.get(self.role)
        except KeyNotFoundError:
            return False
        if entry.value != self._value:
            return False
        sent = time.monotonic()
        try:
            self._revision = await self._kv.update(self.role, self._value, last=entry.revision)
        except KeyWrongLastSequenceError:
            return False
        self._until = sent + self._act
        return True

    async def _try(self, attempt: Callable[[], Coroutine[None, None, bool]], timeout: float) -> bool:
        try:
            async with asyncio.timeout(timeout):
                return await attempt()
        except KeyWrongLastSequenceError:
            raise
        except _NO_ANSWER:
            return False

    def _lose(self, reason: str) -> None:
        self._until = 0.0
        self.lost.set()
        logger.warning("lease_lost", role=self.role, reason=reason)

    async def _stop_renewing(self) -> None:
        task, self._renewing = self._renewing, None
        if task is not None:
            await cancel([task])
