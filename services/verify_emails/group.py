"""What routes to the servers of one owner share."""

from __future__ import annotations

import asyncio

from shared.net.upstream import UpstreamGuard


class Group:
    """How many connections there may be at once, and how many recipients a second."""

    def __init__(self, name: str, connections: int, rate: float) -> None:
        self.connections = connections
        self.slots = asyncio.Semaphore(connections)
        burst = max(1, int(rate))
        self._guard = UpstreamGuard(name, rate=rate, burst=burst, max_wait=float("inf")) if rate > 0 else None

    async def turn(self) -> None:
        """Wait until another recipient may be named."""
        if self._guard is not None:
            await self._guard.turn()
