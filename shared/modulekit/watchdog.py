"""Ends a process whose event loop stands still, so that whoever supervises it starts it anew.

A module that blocks the loop for ever would otherwise keep its process alive and deaf: no heartbeat, no timeout.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import time

LIMIT = 60.0
"""Seconds without a turn of the loop; far above any honest pause."""

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h."""


class Watchdog:
    """A thread that watches the loop it was started on."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._turned = time.monotonic()
        self._stopped = threading.Event()

    async def run(self) -> None:
        """Turn with the loop, until cancelled."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        try:
            while True:
                self._turned = time.monotonic()
                await asyncio.sleep(min(1.0, self._limit / 4))
        finally:
            self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._limit / 4):
            if time.monotonic() - self._turned > self._limit:
                print("the event loop stands still; leaving so that a new process can start", file=sys.stderr)  # noqa: T201
                faulthandler.dump_traceback(file=sys.stderr)
                os._exit(EXIT_CODE)
