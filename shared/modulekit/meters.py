"""What is counted of a module's items in one process; every label is bound once."""

from __future__ import annotations

from collections.abc import Sized

from prometheus_client import Counter

from contracts.events import ItemProcessed
from shared.observability import metrics

_CODES = 40
"""Error codes told apart. Those of the kit and of fetching are fewer, but a module may make up its own."""


class ItemMeters:
    """The metrics of one module."""

    def __init__(self, job_type: str, held: Sized) -> None:
        self._job_type = job_type
        self.in_work = metrics.ITEMS_IN_WORK.labels(job_type)
        self.attempts = metrics.ITEM_ATTEMPTS.labels(job_type)
        self.retries = metrics.ITEM_RETRIES.labels(job_type)
        self.suspects = metrics.SUSPECTS.labels(job_type)
        self.convictions = metrics.CONVICTIONS.labels(job_type)
        self._seconds = metrics.ITEM_SECONDS.labels(job_type)
        self._outcomes: dict[str, Counter] = {}
        self._ok = self._outcome("ok")
        metrics.ITEMS_IN_HAND.labels(job_type).set_function(lambda: len(held))

    def finished(self, event: ItemProcessed) -> None:
        """An item's result is in the log."""
        self._seconds.observe(event.duration_ms / 1000)
        if event.error is None:
            self._ok.inc()
        else:
            self._outcome(event.error.code).inc()

    def _outcome(self, code: str) -> Counter:
        known = self._outcomes.get(code)
        if known is None:
            code = code if len(self._outcomes) < _CODES else "other"
            known = self._outcomes[code] = metrics.ITEMS_FINISHED.labels(self._job_type, code)
        return known
