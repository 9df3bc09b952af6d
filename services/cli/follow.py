"""Following a job over its event stream, to the end, across broken connections."""

from __future__ import annotations

import time
from typing import Protocol, TypeVar

import msgspec
from httpx_sse import ServerSentEvent

from contracts.stream import DoneFrame, ErrorFrame, LogFrame, ProgressFrame, StatusFrame
from services.cli.api import JobsApi, StreamEnded
from services.cli.errors import NoAccess

Frame = StatusFrame | LogFrame | ProgressFrame | DoneFrame | ErrorFrame
F = TypeVar("F")

_TYPES: dict[str, type[Frame]] = {
    "status": StatusFrame,
    "log": LogFrame,
    "progress": ProgressFrame,
    "done": DoneFrame,
    "error": ErrorFrame,
}
_PATIENCE = 60.0
"""Seconds of attempts to connect after which we give up; a stream that is open may be silent as long as it likes."""
_PAUSE = 1.0


class Watcher(Protocol):
    """What shows a job's progress."""

    def show(self, frame: Frame) -> None:
        """A frame came."""

    def say(self, line: str) -> None:
        """Something the user should know."""


def follow(api: JobsApi, job: str, watcher: Watcher) -> None:
    """Show every frame once and return when the job has ended. Raises NoAccess when the service stays away."""
    last_id = ""
    failing_since: float | None = None
    while True:
        try:
            for event in api.events(job, last_id):
                last_id, failing_since = event.id or last_id, None
                frame = _decode(event)
                if frame is not None:
                    watcher.show(frame)
                if isinstance(frame, DoneFrame):
                    return
            if api.job(job).completed_at is not None:  # the stream had nothing more to say
                return
        except StreamEnded as ended:
            failing_since = failing_since or time.monotonic()
            if time.monotonic() - failing_since > _PATIENCE:
                raise NoAccess(f"{api.url} does not answer any more ({ended}); the job goes on without us") from None
            watcher.say(f"The connection is lost ({ended}); connecting again ...")
        time.sleep(_PAUSE)


def _decode(event: ServerSentEvent) -> Frame | None:
    wanted = _TYPES.get(event.event)
    try:
        return msgspec.json.decode(event.data, type=wanted) if wanted is not None else None
    except msgspec.DecodeError:  # a frame of a newer service
        return None
