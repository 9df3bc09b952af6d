"""The open event streams of a process, so that a stop ends them first and the server can leave at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class OpenStreams:
    """Streams register how to end them; `close` ends all, and those that come later at once.

    Lives on one event loop; `close_soon` alone may be called from a signal handler.
    """

    def __init__(self) -> None:
        self._enders: set[Callable[[], None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closing = asyncio.Event()
        """Set when the process is about to leave; a stream may simply wait for it."""

    @contextmanager
    def open(self, end: Callable[[], None]) -> Iterator[None]:
        """For the life of a stream: `end` is called, on the loop, when the process is to leave."""
        self._enders.add(end)
        if self.closing.is_set():
            end()
        try:
            yield
        finally:
            self._enders.discard(end)

    def __len__(self) -> int:
        return len(self._enders)

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say which loop the streams live on."""
        self._loop = loop

    def close(self) -> None:
        """End every stream."""
        self.closing.set()
        for end in tuple(self._enders):
            end()

    def close_soon(self) -> None:
        """As `close`, in the loop's next round."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.close)
