"""How long a message is waited for, and how often one looks."""

from __future__ import annotations

import time
from collections import OrderedDict

_REMEMBERED_JOBS = 10_000
_FIRST, _LONGEST = 0.01, 0.1
"""Shares of the whole wait: of ten minutes, looks are six seconds apart at first, and never more than a minute."""
_GROWTH = 0.4
"""A pause is that much of what has been waited already: who sends at once is told at once."""


class Patience:
    """The windows of a process's jobs. All inboxes of a job have the same, whenever their turn comes."""

    def __init__(self, wait: float) -> None:
        self._wait = wait
        self._begun: OrderedDict[str, float] = OrderedDict()

    def begin(self, job: str) -> None:
        """The window opens with the first look of this process for the job."""
        self._begun.setdefault(job, time.monotonic())
        if len(self._begun) > _REMEMBERED_JOBS:
            self._begun.popitem(last=False)

    def pause(self, job: str) -> float:
        """Seconds to the next look; 0: the time is out."""
        waited = time.monotonic() - self._begun.get(job, 0.0)
        left = self._wait - waited
        if left <= 0:
            return 0.0
        return min(max(waited * _GROWTH, self._wait * _FIRST), self._wait * _LONGEST, left)
