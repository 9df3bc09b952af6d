"""What a watcher sees of each event."""

import msgspec
import pytest

from contracts.codec import decode_slim, encode, log_id
from contracts.events import (
    CancelRequested,
    ItemError,
    ItemProcessed,
    JobCancelled,
    JobLogged,
    JobRequested,
    JobStarted,
)
from services.projector.frames import done_id, error_frame, frame, frames_of, last_frames, status_frame
from services.projector.routes.parameters import parse_page
from shared.api.errors import ValidationFailed
from shared.job import ABSENT
from shared.messaging.log import envelop

REQUEST = JobRequested(
    owner="u_1", job_type="emails", total=2, ef_cost=0.1, expires_at="2099-01-01T00:00:00Z", unit="sites"
)


def shown(*messages):
    state, found = ABSENT, []
    for sequence, events in enumerate(messages, start=1):
        batch = [envelop(event, "u_1", "j_1", "test", at=f"2026-01-01T00:00:0{sequence}.500Z") for event in events]
        state, more = frames_of(state, sequence, decode_slim(encode(batch)))
        found += more
    return state, found


def parse(text):
    fields = dict(line.split(": ", 1) for line in text.decode().strip().split("\n"))
    return fields.get("event"), fields.get("id"), msgspec.json.decode(fields["data"])


def test_a_frame_is_one_line_of_data():
    text = frame("log", {"message": "a\nb\r\nc"}, 7)
    assert text == b'id: 7\nevent: log\ndata: {"message":"a\\nb\\r\\nc"}\n\n'


def test_transitions_log_lines_and_progress():
    results = [ItemProcessed(index=1, label="x", found=1), ItemProcessed(index=1), ItemProcessed(index=9)]
    _, found = shown(
        [REQUEST],
        [JobStarted()],
        [JobLogged(level="warn", message="slow")],
        results,
        [CancelRequested(by="u_1")],
        [ItemProcessed(index=0, error=ItemError(code="timeout", message="late"))],
    )
    assert [parse(text)[0] for _, text in found] == ["status", "status", "log", "progress", "progress"]
    assert [identity for identity, _ in found] == [log_id(1, 0), log_id(2, 0), log_id(3, 0), log_id(4, 0), log_id(6, 0)]
    assert all(parse(text)[1] == str(identity) for identity, text in found)
    assert parse(found[2][1])[2] == {"message": "slow", "level": "warn", "timestamp": "2026-01-01T00:00:03Z"}
    assert parse(found[4][1])[2] == {
        "index": 0,
        "ok": False,
        "error": {"code": "timeout", "message": "late"},
        "unit": "sites",
        "label": "",
        "processed_points": 2,
        "grid_points_count": 2,
        "results_count": 1,
        "error_count": 1,
    }


def test_the_end_is_shown_apart_and_nothing_after_it():
    ended = JobCancelled(
        processed_points=1,
        results_count=1,
        error_count=0,
        total_attempts_count=1,
        rows=1,
        ef_cost=0.1,
        expires_at="2099-01-01T00:00:00Z",
    )
    state, found = shown([REQUEST], [JobStarted()], [ended])
    assert len(found) == 2 and state.phase == "cancelled"
    (first, status), (last, done) = last_frames(state, 3, download_available=True)
    assert (first, last) == (768, 769) == (log_id(3, 0), done_id(3))
    assert parse(status)[2]["download_available"] is True
    assert parse(done)[2] == {"id": "j_1", "status": "cancelled", "results_count": 1, "duration_seconds": 1}
    assert parse(status_frame(state, view_ready=False))[2]["status"] == "running"
    assert parse(error_frame("deleted", "gone"))[2] == {"code": "deleted", "message": "gone"}


@pytest.mark.parametrize(
    ("limit", "offset", "page"),
    [(None, None, (100, 0)), ("5", "7", (5, 7)), ("0", "0", (1, 0)), ("-3", None, (1, 0)), ("501", None, (500, 0))],
)
def test_pages_are_clamped(limit, offset, page):
    assert parse_page(limit, offset, most=500) == page


@pytest.mark.parametrize(("limit", "offset"), [("x", None), ("1.0", None), ("", None), (None, "-1"), (None, "1e3")])
def test_what_is_no_page_is_refused(limit, offset):
    with pytest.raises(ValidationFailed):
        parse_page(limit, offset, most=500)
