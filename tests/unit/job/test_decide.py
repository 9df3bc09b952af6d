"""Given these events, when this command, then these events or this refusal: every command in every state."""

from __future__ import annotations

import pytest

# Lists of events are shared between states and never changed.
# ruff: noqa: RUF024
from contracts.events import (
    CancelRequested,
    DeleteRequested,
    JobCancelled,
    JobCompleted,
    JobDeleted,
    JobExpired,
    JobFailed,
    JobStarted,
)
from shared.job import Refused, UnknownJob, decide, fold
from shared.job.decide import (
    Complete,
    Expire,
    Fail,
    FinishCancel,
    FinishDelete,
    RequestCancel,
    RequestDelete,
    RequestJob,
    Start,
)
from tests.unit.job.given import EXPIRES, bad, envelope, good, request

BEFORE, AFTER = "2026-06-26T09:12:02.999Z", "2026-06-26T09:12:03.001Z"
CANCEL, DELETE = CancelRequested(by="u_1"), DeleteRequested(by="u_1")


def end(kind, *, processed=0, results=0, errors=0, attempts=0, rows=0, ef=0.0, **more):
    return kind(
        processed_points=processed,
        results_count=results,
        error_count=errors,
        total_attempts_count=attempts,
        rows=rows,
        ef_cost=ef,
        expires_at=EXPIRES,
        **more,
    )


REQUESTED = [request()]
STARTED = [*REQUESTED, JobStarted()]
HALF = [*STARTED, good(1, attempts=2)]
FULL = [*HALF, bad(0)]
CANCELLING = [*HALF, CANCEL]
DONE = [*FULL, end(JobCompleted, processed=2, results=1, errors=1, attempts=3, rows=2, ef=0.04)]
FAILED = [*HALF, end(JobFailed, processed=1, results=1, attempts=2, rows=1, ef=0.02, error_message="x")]
CANCELLED = [*CANCELLING, end(JobCancelled, processed=1, results=1, attempts=2, rows=1, ef=0.02)]
EXPIRED = [*DONE, JobExpired()]
DELETED = [*DONE, DELETE, JobDeleted(ef_cost=0.04)]
ONLY_DELETED = [JobDeleted(ef_cost=0.04)]

STATES = {
    "absent": [],
    "pending": REQUESTED,
    "pending_cancel": [*REQUESTED, CANCEL],
    "pending_delete": [*REQUESTED, DELETE],
    "started": STARTED,
    "half": HALF,
    "full": FULL,
    "cancelling": CANCELLING,
    "cancelling_full": [*FULL, CANCEL],
    "done": DONE,
    "failed": FAILED,
    "cancelled": CANCELLED,
    "deleting": [*DONE, DELETE],
    "expired": EXPIRED,
    "expired_deleting": [*EXPIRED, DELETE],
    "deleted": DELETED,
    "only_deleted": ONLY_DELETED,
}
UNKNOWN, ENDED, RUNNING, EXISTS = "Job not found", "already ended", "still running", "exists already"

# One line a command: what it gives in each state; a state that is not named gives nothing.
TABLE = [
    (RequestJob(request=request()), dict.fromkeys(STATES, EXISTS) | {"absent": [request()]}),
    (
        RequestCancel(by="u_1"),
        {"absent": UNKNOWN, "deleted": UNKNOWN, "only_deleted": UNKNOWN}
        | dict.fromkeys(("done", "failed", "cancelled", "deleting", "expired", "expired_deleting"), ENDED)
        | dict.fromkeys(("pending", "started", "half", "full"), [CANCEL]),
    ),
    (
        RequestDelete(by="u_1"),
        {"absent": UNKNOWN, "deleted": UNKNOWN, "only_deleted": UNKNOWN}
        | dict.fromkeys(("started", "half", "full", "cancelling", "cancelling_full"), RUNNING)
        | dict.fromkeys(("pending", "pending_cancel", "done", "failed", "cancelled", "expired"), [DELETE]),
    ),
    (Start(), {"pending": [JobStarted()]}),
    (Complete(), {"full": [end(JobCompleted, processed=2, results=1, errors=1, attempts=3, rows=2, ef=0.04)]}),
    (
        Fail(message="x"),
        dict.fromkeys(("pending", "pending_cancel", "pending_delete", "started"), [end(JobFailed, error_message="x")])
        | dict.fromkeys(
            ("half", "cancelling"),
            [end(JobFailed, processed=1, results=1, attempts=2, rows=1, ef=0.02, error_message="x")],
        )
        | dict.fromkeys(
            ("full", "cancelling_full"),
            [end(JobFailed, processed=2, results=1, errors=1, attempts=3, rows=2, ef=0.04, error_message="x")],
        ),
    ),
    (
        FinishCancel(),
        {
            "pending_cancel": [end(JobCancelled)],
            "cancelling": [end(JobCancelled, processed=1, results=1, attempts=2, rows=1, ef=0.02)],
            "cancelling_full": [end(JobCancelled, processed=2, results=1, errors=1, attempts=3, rows=2, ef=0.04)],
        },
    ),
    (
        FinishDelete(),
        {"pending_delete": [JobDeleted(ef_cost=0.0)]}
        | dict.fromkeys(("deleting", "expired_deleting"), [JobDeleted(ef_cost=0.04)]),
    ),
    (Expire(now=BEFORE), {}),
    (Expire(now=EXPIRES), dict.fromkeys(("done", "failed", "cancelled", "deleting"), [JobExpired()])),
    (Expire(now=AFTER), dict.fromkeys(("done", "failed", "cancelled", "deleting"), [JobExpired()])),
]


@pytest.mark.parametrize("given", STATES)
@pytest.mark.parametrize(("when", "outcomes"), TABLE, ids=lambda value: type(value).__name__)
def test_decide(given, when, outcomes):
    state = fold(map(envelope, STATES[given]))
    then = outcomes.get(given, [])
    if isinstance(then, str):
        with pytest.raises(UnknownJob if then == UNKNOWN else Refused, match=then) as refusal:
            decide(state, when)
        assert then in refusal.value.reason
    else:
        assert decide(state, when) == then


@pytest.mark.parametrize(
    ("total", "processed", "charged", "kept"),
    [(4, 0, 1.0, 0.0), (4, 1, 1.0, 0.25), (4, 4, 1.0, 1.0), (3, 1, 0.0003, 0.0001)],
)
@pytest.mark.parametrize("when", [FinishCancel(), Fail(message="x")], ids=["cancelled", "failed"])
def test_what_was_not_processed_is_credited(when, total, processed, charged, kept):
    given = [request(total, ef_cost=charged), JobStarted(), *map(good, range(processed)), CANCEL]
    (ended,) = decide(fold(map(envelope, given)), when)
    assert ended.ef_cost == pytest.approx(kept)


def test_a_job_without_items_completes():
    (ended,) = decide(fold(map(envelope, [request(0), JobStarted()])), Complete())
    assert ended == end(JobCompleted, ef=0.04)
