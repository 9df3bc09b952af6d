"""The time that an attempt at an item may take, which stands still while the item waits in a line of its module's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_GLANCE = 0.5
"""Seconds: who waits for a clock that stands looks again after so long at the earliest."""


class AttemptClock:
    """Runs from its making on, for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._lines = 0
        self._stood_since = 0.0

    def left(self) -> float:
        """Seconds until it may have run out; zero or less: it has."""
        if self._lines:
            return max(self._ends - self._stood_since, _GLANCE)
        return self._ends - time.monotonic()

    def enter_line(self) -> None:
        if not self._lines:
            self._stood_since = time.monotonic()
        self._lines += 1

    def leave_line(self) -> None:
        self._lines -= 1
        if not self._lines:
            self._ends += time.monotonic() - self._stood_since


CLOCK: ContextVar[AttemptClock] = ContextVar("attempt_clock")
"""The running attempt's."""


@contextmanager
def waiting_in_line() -> Iterator[None]:
    """Wait for what few items can have at once without losing an attempt's time by it.

    For a line that always moves on: whoever is ahead in it holds what it waits for no longer than a limit of its own.
    """
    clock = CLOCK.get(None)
    if clock is None:
        yield
        return
    clock.enter_line()
    try:
        yield
    finally:
        clock.leave_line()
