"""HTTP/2 connections in use: further requests to the same origin join them."""

from __future__ import annotations

from shared.net.http2 import Http2Connection
from shared.net.policy import Target


class SharedConnections:
    """By origin. A connection is here while a request runs on it; then it is idle, or closed."""

    def __init__(self) -> None:
        self._by_origin: dict[Target, list[Http2Connection]] = {}

    def find(self, origin: Target) -> Http2Connection | None:
        """One that takes another request."""
        return next((one for one in self._by_origin.get(origin, ()) if one.has_room), None)

    def add(self, origin: Target, connection: Http2Connection) -> None:
        self._by_origin.setdefault(origin, []).append(connection)

    def discard(self, origin: Target, connection: Http2Connection) -> None:
        """Forget it; nothing happens when it is not here."""
        here = self._by_origin.get(origin, [])
        if connection in here:
            here.remove(connection)
        if not here:
            self._by_origin.pop(origin, None)

    def clear(self) -> list[Http2Connection]:
        everything = [connection for here in self._by_origin.values() for connection in here]
        self._by_origin.clear()
        return everything
