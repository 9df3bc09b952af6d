"""evolve(state, event) -> state: the only place where anything about a job is counted.

Gateway, dispatcher, projector and every SSE hub fold with this one function, so they cannot disagree. It is pure, and
indifferent to duplicates: the first result for an index counts, and nothing counts after a terminal event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from contracts.codec import ItemSettled
from contracts.events import (
    CancelRequested,
    DeleteRequested,
    Envelope,
    Event,
    ItemProcessed,
    JobCancelled,
    JobCompleted,
    JobDeleted,
    JobEnded,
    JobExpired,
    JobFailed,
    JobRequested,
    JobStarted,
)
from shared.job import bitmap, survey
from shared.job.state import ABSENT, JobState, Phase


def evolve(state: JobState, envelope: Envelope) -> JobState:
    """The state after one more event of the job's log. An event that changes nothing gives the same object."""
    handler = _HANDLERS.get(type(envelope.data))
    return handler(state, envelope.data, envelope) if handler else state


def fold(envelopes: Iterable[Envelope], state: JobState = ABSENT) -> JobState:
    """The state after a series of events."""
    for envelope in envelopes:
        state = evolve(state, envelope)
    return state


def _requested(state: JobState, event: JobRequested, envelope: Envelope) -> JobState:
    if state.phase != "absent":
        return state
    state = replace(
        state,
        id=envelope.subject,
        tenant=envelope.tenant,
        owner=event.owner,
        job_type=event.job_type,
        phase="pending",
        params=event.params,
        produces=event.produces,
        list_columns=event.list_columns,
        reusable_output=event.reusable_output,
        output_name=event.output_filename,
        unit=event.unit,
        total=event.total,
        ef_cost=event.ef_cost,
        source_job_id=event.source_job_id,
        pipeline_id=event.pipeline_id,
        resumes=event.resumes,
        inherited=event.inherited,
        created_at=envelope.time,
        expires_at=event.expires_at,
    )
    if not state.on_grid:
        return state
    begun, tiles, stats = survey.begin(state.queries, state.total)
    return replace(state, survey=begun, tiles=tiles, query_stats=stats)


def _started(state: JobState, _: JobStarted, envelope: Envelope) -> JobState:
    if state.phase != "pending":
        return state
    return replace(state, phase="running", started_at=envelope.time)


def _cancel_requested(state: JobState, _: CancelRequested, __: Envelope) -> JobState:
    alive = state.phase in ("pending", "running")
    return replace(state, cancel_requested=True) if alive and not state.cancel_requested else state


def _delete_requested(state: JobState, _: DeleteRequested, __: Envelope) -> JobState:
    exists = state.phase not in ("absent", "deleted")
    return replace(state, delete_requested=True) if exists and not state.delete_requested else state


def _settled(state: JobState, event: ItemProcessed | ItemSettled, _: Envelope) -> JobState:
    if state.phase not in ("pending", "running"):
        return state
    if state.on_grid:
        return survey.settle(state, event)
    if not 0 <= event.index < state.total or bitmap.contains(state.settled, event.index):
        return state
    return replace(
        state,
        settled=bitmap.add(state.settled, event.index),
        processed=state.processed + 1,
        results=state.results + event.found,
        errors=state.errors + (event.error is not None),
        attempts=state.attempts + event.attempts,
        rows=state.rows + len(event.rows),
    )


def _ended(phase: Phase) -> Callable[[JobState, Any, Envelope], JobState]:
    def handle(state: JobState, event: JobEnded, envelope: Envelope) -> JobState:
        if state.phase not in ("pending", "running"):
            return state
        return replace(
            state,
            phase=phase,
            completed_at=envelope.time,
            error_message=event.error_message if isinstance(event, JobFailed) else None,
            processed=event.processed_points,
            results=event.results_count,
            errors=event.error_count,
            attempts=event.total_attempts_count,
            rows=event.rows,
            ef_cost=event.ef_cost,
            flagged_tiles=event.flagged_tiles_count,
            dead_queries=event.dead_queries,
            breakdown=event.breakdown,
            query_stats=event.query_stats,
            # Needed while results may still count; an ended job's summary must not depend on purged results.
            settled=bitmap.EMPTY,
            survey=None,
        )

    return handle


def _expired(state: JobState, _: JobExpired, __: Envelope) -> JobState:
    return replace(state, expired=True, tiles=bitmap.EMPTY) if state.ended and not state.expired else state


def _deleted(state: JobState, event: JobDeleted, envelope: Envelope) -> JobState:
    if state.phase == "deleted":
        return state
    # The job's earlier events may be purged by now: this one alone must say enough.
    return replace(state, id=envelope.subject, tenant=envelope.tenant, phase="deleted", ef_cost=event.ef_cost)


_HANDLERS: dict[type[Event], Callable[[JobState, Any, Envelope], JobState]] = {
    JobRequested: _requested,
    JobStarted: _started,
    CancelRequested: _cancel_requested,
    DeleteRequested: _delete_requested,
    ItemProcessed: _settled,
    ItemSettled: _settled,
    JobCompleted: _ended("done"),
    JobFailed: _ended("failed"),
    JobCancelled: _ended("cancelled"),
    JobExpired: _expired,
    JobDeleted: _deleted,
}
