"""How many items may be out, and whose turn it is.

A bounded window per job and module keeps the queue short, so that a small job never waits behind a large one.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator

from contracts.items import WorkerPresence
from services.dispatcher.active import ActiveJob

SLICE = 64
"""Items of one job handed out before it is another's turn."""

_MOST = 20_000
"""Items of a module out at once; below the consumers' `max_ack_pending`."""

_PRESENCE_LASTS = 6.0
"""Seconds a worker's word is good for; it speaks every two."""


class Presences:
    """What workers said they take at once."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], tuple[int, float]] = {}

    def hear(self, presence: WorkerPresence) -> None:
        """Note a worker's word."""
        self._said[presence.job_type, presence.worker] = (presence.concurrency, time.monotonic())

    def concurrency(self, job_type: str) -> int:
        """Items the module's live workers take at once; 0: there is none."""
        now = time.monotonic()
        self._said = {key: said for key, said in self._said.items() if now - said[1] < _PRESENCE_LASTS}
        return sum(count for (module, _), (count, _) in self._said.items() if module == job_type)


def job_window(concurrency: int, pace: int) -> int:
    """Items of one job that may be out: what the workers take twice over, or what a second finishes."""
    return min(max(2 * concurrency, pace), _MOST)


def module_window(concurrency: int, pace: int) -> int:
    """Items of one module that may be out, over all jobs."""
    return min(2 * job_window(concurrency, pace), _MOST)


def turns(jobs: Iterable[ActiveJob]) -> Iterator[ActiveJob]:
    """Jobs in the order of their turns: one of each tenant, then the next of each."""
    by_tenant: dict[str, list[ActiveJob]] = defaultdict(list)
    for job in jobs:
        by_tenant[job.tenant].append(job)
    # The job with the least out goes first, so that a new small job is served at once.
    queues = [sorted(of_tenant, key=lambda job: len(job.outstanding)) for of_tenant in by_tenant.values()]
    while queues:
        queues = [queue for queue in queues if queue]
        for queue in queues:
            yield queue.pop(0)
