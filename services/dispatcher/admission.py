"""Which pending job may start: a user has a limit of running ones, and the oldest of the waiting goes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from services.dispatcher.active import ActiveJob


class Admission:
    """Counts once a round of decisions, and keeps count within it."""

    def __init__(self, jobs: Mapping[str, ActiveJob], limit: int) -> None:
        self._jobs = jobs
        self._limit = limit
        self._running: Counter[str] | None = None
        self._waiting: dict[str, list[str]] = {}

    def count_again(self) -> None:
        """A new round begins, or somebody else changed what runs."""
        self._running = None

    def may_start(self, job: ActiveJob) -> bool:
        """Whether it is this job's turn."""
        if self._running is None:
            self._running = self._count()
        owner = job.state.owner
        return self._running[owner] < self._limit and self._waiting.get(owner, [])[-1:] == [job.id]

    def started(self, job: ActiveJob) -> None:
        """The job that could start has; the next of its owner's comes up."""
        if self._running is not None:
            self._running[job.state.owner] += 1
            self._waiting[job.state.owner].pop()

    def _count(self) -> Counter[str]:
        running: Counter[str] = Counter()
        self._waiting = {}
        for job in sorted(self._jobs.values(), key=lambda job: job.id, reverse=True):  # ULIDs: the oldest last
            state = job.state
            if state.phase == "running" or job.awaiting > job.sequence:
                running[state.owner] += 1
            elif state.phase == "pending" and not state.cancel_requested and not state.delete_requested:
                self._waiting.setdefault(state.owner, []).append(job.id)
        return running
