"""Whether port 25 leads out of here at all: most clouds and homes have it closed, and no server is to blame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

_SUSPICIOUS = 3
"""Different servers that could not be reached, where the probe knows nothing: a list of firms has one that died."""
_GOOD_FOR = 600.0
"""Seconds for which one connection proves that the port is open."""
_REST = 60.0
"""Seconds for which nobody dials once it is known to be closed."""
_SCOUT = 30.0
"""Seconds that the first one afterwards has to find out, while the others go on resting."""


class OutboundPort:
    """Stops the dialling when nothing can be reached, so that a long list ends at once and says why.

    `probe` dials a server that is surely there and tells whether it was reached; None: it does not know.
    """

    def __init__(
        self, probe: Callable[[], Awaitable[bool | None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._probe = probe
        self._clock = clock
        self._unreached: set[str] = set()
        self._reached_at = -_GOOD_FOR
        self._closed_until: float | None = None
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_closed(self) -> bool:
        return self._closed_until is not None

    def may_dial(self) -> bool:
        """Whether a connection may be tried. After a rest the first to ask goes ahead, and the others still rest."""
        if self._closed_until is None:
            return True
        now = self._clock()
        if now < self._closed_until:
            return False
        self._closed_until = now + _SCOUT
        return True

    def reached(self) -> None:
        """A server was reached."""
        self._reached_at = self._clock()
        self._closed_until = None
        self._unreached.clear()

    async def not_reached(self, host: str) -> None:
        """A server could not be reached; returns once it is known what that says of the port."""
        if self._clock() - self._reached_at < _GOOD_FOR:
            return
        self._unreached.add(host)
        if self.is_closed:
            self._close()
            return
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._find_out())
        await asyncio.shield(self._probing)

    async def _find_out(self) -> None:
        reached = await self._probe()
        if reached:
            self.reached()
        elif reached is False or len(self._unreached) >= _SUSPICIOUS:
            self._close()

    def _close(self) -> None:
        self._closed_until = self._clock() + _REST
        self._unreached.clear()
