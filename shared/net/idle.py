"""Connections that wait for their next request: a free list per origin, bounded overall."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from shared.net.http1 import Http1Connection
from shared.net.http2 import Http2Connection
from shared.net.policy import Target

Connection = Http1Connection | Http2Connection


class IdleConnections:
    """Takes and gives in constant time (a pool that scans all its connections at each request is
    quadratic). What it hands back from `put` no longer fits and is the caller's to close.
    """

    def __init__(self, total: int, per_origin: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._total = total
        self._per_origin = per_origin
        self._seconds = seconds
        self._clock = clock
        self._by_origin: dict[Target, list[Connection]] = {}
        self._since: OrderedDict[Connection, tuple[Target, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._since)

    def take(self, origin: Target) -> tuple[Connection | None, list[Connection]]:
        """The freshest live connection to `origin`, if any, and the dead ones found on the way."""
        dead: list[Connection] = []
        waiting = self._by_origin.get(origin, [])
        while waiting:
            connection = waiting[-1]
            _, since = self._since[connection]
            self._forget(connection)
            if self._clock() - since <= self._seconds and not connection.has_expired():
                return connection, dead
            dead.append(connection)
        return None, dead

    def put(self, origin: Target, connection: Connection) -> list[Connection]:
        """Keep `connection` for later; returns those that had to give way, the oldest first."""
        self._since[connection] = (origin, self._clock())
        self._by_origin.setdefault(origin, []).append(connection)
        evicted: list[Connection] = []
        if len(self._by_origin[origin]) > self._per_origin:
            evicted.append(self._by_origin[origin][0])
            self._forget(evicted[-1])
        while self._since:
            oldest, (_, since) = next(iter(self._since.items()))
            if len(self._since) <= self._total and self._clock() - since <= self._seconds:
                break
            self._forget(oldest)
            evicted.append(oldest)
        return evicted

    def clear(self) -> list[Connection]:
        everything = list(self._since)
        self._since.clear()
        self._by_origin.clear()
        return everything

    def _forget(self, connection: Connection) -> None:
        origin, _ = self._since.pop(connection)
        waiting = self._by_origin[origin]
        waiting.remove(connection)
        if not waiting:
            del self._by_origin[origin]
