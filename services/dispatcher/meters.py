"""What the acting dispatcher tells of its jobs, tallied once a second instead of at every event."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping

from contracts.manifest import ModuleSpec
from services.dispatcher.active import ActiveJob
from services.dispatcher.window import Presences, module_window
from shared.messaging.log import EventLog, LogUnavailable
from shared.observability import metrics, tracing

_GAUGES = (metrics.JOBS_ACTIVE, metrics.ITEMS_OUT, metrics.ITEMS_WINDOW, metrics.WORKERS_CONCURRENCY)


def tally(jobs: Iterable[ActiveJob], specs: Mapping[str, ModuleSpec], presences: Presences) -> None:
    """Set the gauges of every module that is installed."""
    states: Counter[tuple[str, str]] = Counter()
    out: Counter[str] = Counter()
    pace: Counter[str] = Counter()
    for job in jobs:
        job_type = job.state.job_type
        states[job_type, job.state.phase] += 1
        if job.state.phase == "running":
            out[job_type] += len(job.outstanding)
            pace[job_type] += job.pace
    for slug, spec in specs.items():
        for phase in ("pending", "running"):
            metrics.JOBS_ACTIVE.labels(slug, phase).set(states[slug, phase])
        concurrency = presences.concurrency(slug)
        metrics.WORKERS_CONCURRENCY.labels(slug).set(concurrency)
        metrics.ITEMS_OUT.labels(slug).set(out[slug])
        metrics.ITEMS_WINDOW.labels(slug).set(module_window(concurrency or spec.concurrency, pace[slug]))


def ended(job: ActiveJob) -> None:
    """A job has ended; its span can only be told now, for whoever saw it begin may be gone."""
    state = job.state
    metrics.JOBS_ENDED.labels(state.job_type, state.phase).inc()
    tracing.record(
        "job",
        job.traceparent,
        start=state.created_at,
        end=state.completed_at or state.created_at,
        job_id=job.id,
        job_type=state.job_type,
        job_status=state.phase,
        job_items=state.processed,
    )


async def measure_log(log: EventLog) -> None:
    """How full it is; unknown while it does not answer."""
    with contextlib.suppress(LogUnavailable):
        metrics.LOG_FILL.set(await log.fill())


def forget() -> None:
    """Another process acts: what this one knew is not true any more."""
    for gauge in _GAUGES:
        gauge.clear()
    metrics.LOG_FILL.set(0)
