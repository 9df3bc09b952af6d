"""Messages -> views: absolute values, each once, harmless twice."""

import random

import msgspec
import pytest

from contracts.codec import encode
from contracts.events import ItemProcessed, JobCompleted, JobDeleted, JobExpired, JobRequested, JobStarted
from services.projector.fold import advance, fold_messages, read_events
from shared.messaging.log import envelop
from shared.messaging.tail import Message
from shared.store import JobView

REQUEST = JobRequested(owner="u_1", job_type="techstack", total=3, ef_cost=0.1, expires_at="2099-01-01T00:00:00Z")
ENDED = JobCompleted(
    processed_points=3,
    results_count=3,
    error_count=0,
    total_attempts_count=3,
    rows=3,
    ef_cost=0.1,
    expires_at="2099-01-01T00:00:00Z",
)


def message(sequence, *events, job="j_1", channel="lifecycle"):
    payload = encode([envelop(event, "u_1", job, "test", at="2026-01-01T00:00:00.000Z") for event in events])
    return Message(sequence, f"jobs.u_1.{job}.{channel}", payload, 0)


def results(sequence, *indexes, job="j_1"):
    return message(sequence, *(ItemProcessed(index=i, rows=[{}], found=1) for i in indexes), job=job, channel="results")


STORY = [message(1, REQUEST), message(2, JobStarted()), results(3, 0, 2), results(5, 2, 1), message(8, ENDED)]


def test_a_story_in_one_batch():
    folded = fold_messages({}, STORY)
    view = folded.views["j_1"]
    assert (view.seq, view.ended_seq, view.state.phase, view.state.processed) == (8, 8, "done", 3)


@pytest.mark.parametrize("cut", range(1, len(STORY)))
def test_batches_and_replays_come_to_the_same(cut):
    whole = fold_messages({}, STORY).views
    first = fold_messages({}, STORY[:cut]).views
    assert fold_messages(first, STORY[cut:]).views == whole
    assert fold_messages(whole, STORY).views == {}, "nothing new"
    assert fold_messages(first, STORY).views == whole, "replayed from the beginning"


def test_any_order_of_duplicates_of_what_was_seen_changes_nothing():
    view = fold_messages({}, STORY[:4]).views["j_1"]
    noise = random.Random(7).choices(STORY[:4], k=20)
    assert fold_messages({"j_1": view}, noise).views == {}


def test_a_message_that_changes_nothing_writes_nothing():
    known = fold_messages({}, STORY[:3]).views
    assert fold_messages(known, [results(9, 0)]).views == {}


def test_deletion_wins_over_everything_and_is_named_again_on_replay():
    deletion = message(9, JobDeleted(ef_cost=0.0))
    folded = fold_messages({}, [*STORY, deletion, results(10, 1)])
    assert (folded.views, folded.deleted) == ({}, ["j_1"])
    assert fold_messages({}, [deletion]).deleted == ["j_1"]


def test_expiry_is_named_again_on_replay():
    expiry = message(9, JobExpired())
    folded = fold_messages({}, [*STORY, expiry])
    assert folded.expired == ["j_1"] and folded.views["j_1"].state.expired
    again = fold_messages(folded.views, [expiry])
    assert (again.views, again.expired) == ({}, ["j_1"])


def test_results_of_a_job_nobody_requested_make_no_view():
    assert fold_messages({}, [results(4, 0)]).views == {}


@pytest.mark.parametrize("payload", [b"", b"{}", b"[{}]", b'[{"type":"outsend.odd.v1"}]', b"\xff"])
def test_what_cannot_be_read_is_skipped(payload):
    assert read_events(Message(1, "jobs.u_1.j_1.lifecycle", payload, 0)) == ()


def test_an_unchanged_view_is_the_same_object():
    view = JobView(state=fold_messages({}, STORY).views["j_1"].state, seq=8)
    assert advance(view, 9, read_events(results(9, 0))) is view
    assert msgspec.structs.replace(view) == view
