"""decide(state, command) -> events: what may happen to a job, and what may not.

Pure: no clock, no I/O, no randomness; what a command needs of them it brings along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from contracts.events import (
    CancelRequested,
    DeleteRequested,
    Event,
    JobCancelled,
    JobCompleted,
    JobDeleted,
    JobEnded,
    JobExpired,
    JobFailed,
    JobRequested,
    JobStarted,
)
from shared.job.state import JobState, shown_cost


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every command."""


class RequestJob(Command, frozen=True, kw_only=True):
    """A client asks for work; everything was validated and priced."""

    request: JobRequested


class RequestCancel(Command, frozen=True, kw_only=True):
    """The owner wants the job to end."""

    by: str


class RequestDelete(Command, frozen=True, kw_only=True):
    """The owner wants the job gone."""

    by: str


class Start(Command, frozen=True):
    """The dispatcher has room for the job."""


class Complete(Command, frozen=True):
    """The dispatcher saw a result; perhaps it was the last, or there are enough."""


class Fail(Command, frozen=True, kw_only=True):
    """The job cannot go on."""

    message: str


class FinishCancel(Command, frozen=True):
    """In-flight items had their time."""


class FinishDelete(Command, frozen=True):
    """The dispatcher saw the wish to delete."""


class Expire(Command, frozen=True, kw_only=True):
    """Time passed."""

    now: str
    """RFC 3339 UTC."""


class Refused(Exception):
    """The command cannot be carried out in this state; nothing is written and the client is told why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownJob(Refused):
    """There is no such job; the client is told 404."""

    def __init__(self) -> None:
        super().__init__("Job not found")


_HOPELESS = 200
"""Searches that failed, with none that went well, after which no source can be reached at all."""
_NO_SOURCE = "Aucune source n'a répondu : toutes les recherches ont échoué"


def decide(state: JobState, command: Command) -> list[Event]:
    """The events the command causes; none when it is fulfilled already. Raises Refused."""
    return _HANDLERS[type(command)](state, command)


def _request(state: JobState, command: RequestJob) -> list[Event]:
    if state.phase != "absent":
        raise Refused("The job exists already")
    return [command.request]


def _request_cancel(state: JobState, command: RequestCancel) -> list[Event]:
    _must_exist(state)
    if state.ended or state.expired:
        raise Refused("The job has already ended")
    return [] if state.cancel_requested or state.delete_requested else [CancelRequested(by=command.by)]


def _request_delete(state: JobState, command: RequestDelete) -> list[Event]:
    _must_exist(state)
    if state.phase == "running":
        raise Refused("The job is still running; cancel it first")
    return [] if state.delete_requested else [DeleteRequested(by=command.by)]


def _start(state: JobState, _: Start) -> list[Event]:
    waits = state.phase == "pending" and not state.cancel_requested and not state.delete_requested
    return [JobStarted()] if waits else []


def _complete(state: JobState, _: Complete) -> list[Event]:
    if state.phase != "running" or state.cancel_requested:
        return []
    if state.on_grid and state.errors == state.finished and state.errors >= min(state.items, _HOPELESS):
        return [_end(JobFailed, state, error_message=_NO_SOURCE)]
    stop_at = state.params.get("stop_at")
    enough = stop_at is not None and state.results >= stop_at
    return [_end(JobCompleted, state)] if enough or state.processed == state.total else []


def _fail(state: JobState, command: Fail) -> list[Event]:
    alive = state.phase in ("pending", "running")
    return [_end(JobFailed, state, error_message=command.message)] if alive else []


def _finish_cancel(state: JobState, _: FinishCancel) -> list[Event]:
    asked = state.cancel_requested and state.phase in ("pending", "running")
    return [_end(JobCancelled, state)] if asked else []


def _finish_delete(state: JobState, _: FinishDelete) -> list[Event]:
    if not state.delete_requested or state.phase in ("absent", "running", "deleted"):
        return []
    return [JobDeleted(ef_cost=shown_cost(state.ef_cost) if state.ended else 0.0)]


def _expire(state: JobState, command: Expire) -> list[Event]:
    due = state.ended and not state.expired and state.expires_at <= command.now
    return [JobExpired()] if due else []


def _must_exist(state: JobState) -> None:
    if state.phase in ("absent", "deleted"):
        raise UnknownJob


def _share(state: JobState) -> float:
    """How much of what was charged for is processed; what a resumed job inherited was paid before."""
    return max(0, state.processed - state.inherited) / max(1, state.total - state.inherited)


_Ended = TypeVar("_Ended", bound=JobEnded)


def _end(event: type[_Ended], state: JobState, **more: Any) -> _Ended:
    done = event is JobCompleted
    return event(
        processed_points=state.processed,
        results_count=state.results,
        error_count=state.errors,
        total_attempts_count=state.attempts,
        rows=state.rows,
        expires_at=state.expires_at,
        # What was not processed is credited.
        ef_cost=state.ef_cost if done else state.ef_cost * _share(state),
        flagged_tiles_count=state.flagged_tiles,
        dead_queries=state.dead_queries,
        breakdown=state.breakdown,
        query_stats=state.query_stats,
        **more,
    )


_HANDLERS: dict[type[Command], Callable[[JobState, Any], list[Event]]] = {
    RequestJob: _request,
    RequestCancel: _request_cancel,
    RequestDelete: _request_delete,
    Start: _start,
    Complete: _complete,
    Fail: _fail,
    FinishCancel: _finish_cancel,
    FinishDelete: _finish_delete,
    Expire: _expire,
}
