"""Work that goes on after the answer: a mail must neither delay a request nor tell, by its delay, who exists."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

_log = structlog.get_logger(__name__)

_MAX_PENDING = 1000
"""Beyond it work is dropped and logged: mails can be asked for again, memory cannot."""


class Afterwards:
    """A bounded set of tasks. What they raise is logged; a crash of the process loses them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Begin `work` and return at once."""
        if len(self._tasks) >= _MAX_PENDING:
            work.close()
            _log.error("work_dropped", what=what, pending=_MAX_PENDING)
            return
        task = asyncio.create_task(_logged(work, what))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self, timeout: float = 10.0) -> None:
        """Give what is under way `timeout` seconds to end, then cancel it."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _logged(work: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await work
    except Exception as error:  # Nobody awaits the task: only the log can hear it.
        _log.error("work_failed", what=what, error=repr(error))
