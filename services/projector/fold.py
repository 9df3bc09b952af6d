"""Messages of the log -> the views they touch: absolute values, each job once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import structlog

from contracts.codec import UnknownEvent, decode_slim
from contracts.events import Envelope, JobDeleted, JobEnded, JobExpired
from contracts.subjects import parse_job_subject
from shared.job import ABSENT, evolve
from shared.messaging.tail import Message
from shared.store import JobView

logger = structlog.get_logger(__name__)

UNKNOWN_JOB = JobView(state=ABSENT, seq=0)


class Folded(msgspec.Struct, kw_only=True):
    """What some messages come to."""

    views: dict[str, JobView]
    """Jobs that changed, by id."""
    deleted: list[str]
    """Jobs to remove. Named by every JobDeleted, seen before or not: a crash may have left pages."""
    expired: list[str]
    """Jobs whose rows go; likewise."""


def read_events(message: Message) -> Sequence[Envelope]:
    """The events of a message, results without their rows; none if this version cannot read them.

    One message that no code understands must not stop the views of everybody.
    """
    try:
        return decode_slim(message.payload)
    except (UnknownEvent, msgspec.DecodeError) as error:
        tenant, job, _ = parse_job_subject(message.subject)
        logger.error("event_skipped", tenant=tenant, job_id=job, sequence=message.sequence, error=str(error))
        return ()


def jobs_of(messages: Iterable[Message]) -> set[str]:
    """The jobs the messages speak of."""
    return {parse_job_subject(message.subject).job for message in messages}


def fold_messages(known: Mapping[str, JobView], messages: Sequence[Message]) -> Folded:
    """Fold messages into the views known; a view skips what it has seen."""
    views: dict[str, JobView] = {}
    deleted: dict[str, None] = {}
    expired: dict[str, None] = {}
    for message in messages:
        job = parse_job_subject(message.subject).job
        events = read_events(message)
        for envelope in events:
            if isinstance(envelope.data, JobDeleted):
                deleted[job] = None
            elif isinstance(envelope.data, JobExpired):
                expired[job] = None
        before = views.get(job) or known.get(job, UNKNOWN_JOB)
        view = advance(before, message.sequence, events)
        if view is not before:
            views[job] = view
    return Folded(
        views={job: view for job, view in views.items() if job not in deleted and view.state.phase != "absent"},
        deleted=list(deleted),
        expired=[job for job in expired if job not in deleted],
    )


def advance(view: JobView, sequence: int, events: Iterable[Envelope]) -> JobView:
    """The view after one more message; the same object when it changes nothing."""
    if sequence <= view.seq:
        return view
    state, ended_seq = view.state, view.ended_seq
    for envelope in events:
        ended = state.ended
        state = evolve(state, envelope)
        if state.ended and not ended and isinstance(envelope.data, JobEnded):
            ended_seq = sequence
    if state is view.state:
        return view
    return msgspec.structs.replace(view, state=state, seq=sequence, ended_seq=ended_seq)
