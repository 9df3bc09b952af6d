"""What a module tells a job of all its items, and not once for each."""

from __future__ import annotations

from collections import OrderedDict

_REMEMBERED = 1000


class ToldOnce:
    """Remembers what was told; one per process."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str], None] = OrderedDict()

    def is_news(self, job: str, message: str) -> bool:
        """Whether this process says it of this job for the first time."""
        known = (job, message) in self._said
        self._said[job, message] = None
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        return not known
