"""A job's events as server-sent events (WHATWG HTML, section 9.2), encoded once for all who watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from contracts.codec import ItemSettled, log_id
from contracts.events import Envelope, JobEnded, JobLogged, JobRequested, JobStarted
from contracts.jobs import Status
from contracts.stream import DoneFrame, ErrorFrame, LogFrame, ProgressFrame, StatusFrame
from shared.job import JobState, evolve
from shared.job.state import seconds_between, status_of, whole_seconds

RETRY = b"retry: 3000\n"
HEARTBEAT = b":\n"
"""Lines, not events: some clients take any block that ends in an empty line for an event."""

_encode = msgspec.json.Encoder().encode


def frame(event: str, data: Any, identity: int | None = None) -> bytes:
    """One event; JSON has no line breaks, so `data` is one line."""
    head = b"" if identity is None else b"id: %d\n" % identity
    return b"%sevent: %s\ndata: %s\n\n" % (head, event.encode(), _encode(data))


def status_frame(state: JobState, *, view_ready: bool, identity: int | None = None) -> bytes:
    """`status` as of this state."""
    return frame("status", _status(state, status_of(state, view_ready=view_ready), view_ready), identity)


def error_frame(code: str, message: str) -> bytes:
    """`error`: the stream itself fails."""
    return frame("error", ErrorFrame(code=code, message=message))


def done_id(ended_seq: int) -> int:
    """The log id of `done`, the last event of a job whose terminal event has this sequence."""
    return log_id(ended_seq, 1)


def last_frames(state: JobState, ended_seq: int, *, download_available: bool) -> list[tuple[int, bytes]]:
    """The terminal `status` and `done`, with their log ids."""
    status = _status(state, status_of(state), download_available)
    done = DoneFrame(
        id=state.id,
        status=status.status,
        results_count=state.results,
        duration_seconds=seconds_between(state.started_at or state.created_at, state.completed_at or state.created_at),
    )
    first, last = log_id(ended_seq, 0), done_id(ended_seq)
    return [(first, frame("status", status, first)), (last, frame("done", done, last))]


def frames_of(state: JobState, sequence: int, events: Sequence[Envelope]) -> tuple[JobState, list[tuple[int, bytes]]]:
    """The state after one message, and what those who watch see of it. Terminal events show nothing yet."""
    shown: list[tuple[int, bytes]] = []
    for position, envelope in enumerate(events):
        before, state = state, evolve(state, envelope)
        identity = log_id(sequence, position)
        shown += ((identity, text) for text in _show(before, state, envelope, identity))
        if state.ended:
            break
    return state, shown


def _show(before: JobState, state: JobState, envelope: Envelope, identity: int) -> Iterator[bytes]:
    event = envelope.data
    if isinstance(event, JobLogged):
        line = LogFrame(message=event.message, level=event.level, timestamp=whole_seconds(envelope.time))
        yield frame("log", line, identity)
    elif state is before or isinstance(event, JobEnded):
        return
    elif isinstance(event, ItemSettled):
        yield frame("progress", _progress(state, event), identity)
    elif isinstance(event, JobRequested | JobStarted):
        yield status_frame(state, view_ready=False, identity=identity)


def _progress(state: JobState, event: ItemSettled) -> ProgressFrame:
    return ProgressFrame(
        index=event.index,
        ok=event.error is None,
        error=event.error,
        unit=state.unit,
        label=event.label,
        processed_points=state.processed,
        grid_points_count=state.total,
        results_count=state.results,
        error_count=state.errors,
    )


def _status(state: JobState, status: Status, has_output: bool) -> StatusFrame:
    return StatusFrame(
        id=state.id,
        status=status,
        processed_points=state.processed,
        grid_points_count=state.total,
        results_count=state.results,
        error_count=state.errors,
        download_available=has_output and state.ended and state.rows > 0 and not state.expired,
        query_stats=state.query_stats,
    )
