"""Jobs over a grid: given these events, then this is the job; and whatever the order, the same job."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import decode_slim, encode
from contracts.events import (
    CancelRequested,
    ItemError,
    ItemProcessed,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobStarted,
    PlaceFound,
    QueryStats,
)
from shared.job import decide, fold, public
from shared.job.decide import Complete, FinishCancel
from shared.job.state import FAILED, FINISHED, FLAGGED, FOUND
from tests.unit.job.given import envelope, requested

QUERIES, ZONES = ["dentiste", "notaire"], ["Paris", "75015"]


def job(tiles: int = 2, **more):
    params = {"queries": QUERIES, "zones": ZONES} | more.pop("params", {})
    return requested(tiles, job_type="scrap", unit="tiles", params=params, **more)


def found(index: int, *ids: str, part: str = "", zone: int = 0, split: int = 0, attempts: int = 1):
    return ItemProcessed(
        index=index,
        part=part,
        zone=zone,
        attempts=attempts,
        rows=[{"place_id": identity} for identity in ids],
        found=len(ids),
        places=[PlaceFound(identity, 48.0, 2.0) for identity in ids],
        capped=bool(split),
        split=[{"tile": f"{part}{number}"} for number in range(split)],
    )


def lost(index: int, part: str = ""):
    return ItemProcessed(index=index, part=part, error=ItemError(code="timeout"))


def after(*events, first=None):
    return fold([first or job(), envelope(JobStarted()), *map(envelope, events)])


def test_counts_of_a_small_job():
    state = after(found(0, "a", "b"), found(1, "b", "c"), found(2, "d", zone=1), found(3))
    shown = public(state)
    assert (shown.grid_points_count, shown.processed_points, shown.results_count, shown.error_count) == (2, 2, 4, 0)
    assert shown.breakdown.by_query == {"dentiste": 3, "notaire": 1}
    assert shown.breakdown.by_zone == {"Paris": 3, "75015": 1}
    assert shown.query_stats == {
        "dentiste": QueryStats(tiles=2, with_results=2),
        "notaire": QueryStats(tiles=2, with_results=1),
    }
    assert shown.dead_queries == []
    assert state.tiles == bytes([FINISHED | FOUND, FINISHED | FOUND])
    [end] = decide(state, Complete())
    assert isinstance(end, JobCompleted) and (end.rows, end.results_count) == (4, 4)


def test_a_tile_is_processed_when_all_its_queries_are():
    state = after(found(0), found(2))
    assert (state.processed, state.finished, state.tiles) == (0, 2, b"\0\0")
    assert decide(state, Complete()) == []


def test_a_query_that_found_nothing_is_dead_once_all_its_tiles_are_done():
    assert after(found(0, "a"), found(2), found(1)).dead_queries == []
    assert after(found(0, "a"), found(2), found(1), found(3)).dead_queries == ["notaire"]


def test_a_split_item_is_finished_when_no_part_is_open():
    state = after(found(0, "a", split=4))
    assert (state.finished, state.flagged_tiles, state.results, state.attempts) == (0, 1, 1, 1)
    assert state.tiles[0] == FLAGGED
    assert {part: msgspec.json.decode(item) for part, item in state.survey.splits[0].parts.items()} == {
        str(number): {"tile": str(number)} for number in range(4)
    }
    deeper = [found(0, "a", "b", part="0"), found(0, part="1", split=4), found(0, part="2"), lost(0, "3")]
    state = fold(map(envelope, deeper), state)
    assert sorted(state.survey.splits[0].parts) == ["10", "11", "12", "13"]
    state = fold([envelope(found(0, "c", part=f"1{number}", attempts=2)) for number in range(4)], state)
    assert state.survey.splits == {}
    assert (state.finished, state.results, state.errors, state.attempts, state.flagged_tiles) == (1, 3, 1, 13, 1)
    assert state.query_stats["dentiste"] == QueryStats(tiles=1, with_results=1)
    assert state.tiles[0] == FLAGGED | FOUND | FAILED


@pytest.mark.parametrize(
    "late", [found(0, "z"), found(0, "z", part="0"), found(0, "z", part="4"), found(4, "z"), found(-1, "z")]
)
def test_a_result_nobody_waits_for_counts_for_nothing(late):
    state = after(found(0, "a", split=4), found(0, "b", part="0"))
    assert fold([envelope(late)], state) is state


def test_a_place_belongs_to_the_first_query_that_found_it_whatever_came_first():
    one, other = after(found(0, "a"), found(1, "a")), after(found(1, "a"), found(0, "a"))
    assert one.breakdown == other.breakdown
    assert one.breakdown.by_query == {"dentiste": 1}


def test_stop_at_ends_the_job_done_with_what_there_is():
    state = after(found(0, "a", "b"), first=job(params={"stop_at": 2}))
    [end] = decide(state, Complete())
    assert isinstance(end, JobCompleted) and (end.processed_points, end.rows) == (0, 2)
    assert decide(after(found(0, "a"), first=job(params={"stop_at": 2})), Complete()) == []


def test_a_job_whose_every_search_failed_has_failed():
    [end] = decide(after(*(lost(index) for index in range(4))), Complete())
    assert isinstance(end, JobFailed) and end.error_message
    assert isinstance(decide(after(found(0), *(lost(index) for index in range(1, 4))), Complete())[0], JobCompleted)
    [early] = decide(after(*(lost(index) for index in range(200)), first=job(500)), Complete())
    assert isinstance(early, JobFailed)


def test_what_a_cancelled_and_a_resumed_job_cost_is_what_one_job_costs():
    first = after(found(0, "a"), found(1), found(2), first=job(4, ef_cost=0.4))
    first = fold([envelope(CancelRequested(by="u"))], first)
    [end] = decide(first, FinishCancel())
    assert isinstance(end, JobCancelled) and end.ef_cost == pytest.approx(0.1)
    second = job(4, ef_cost=0.3, resumes=True, inherited=1)
    state = fold([second, *map(envelope, (found(0, "a"), found(1), found(2))), envelope(JobStarted())])
    assert (state.processed, state.finished, state.results) == (1, 3, 1)
    done = fold([envelope(found(index)) for index in range(3, 8)], state)
    assert decide(done, Complete())[0].ef_cost == pytest.approx(0.3)
    cancelled = fold([envelope(found(3)), envelope(CancelRequested(by="u"))], state)
    assert decide(cancelled, FinishCancel())[0].ef_cost == pytest.approx(0.1)


def test_the_end_takes_what_only_counting_needs():
    state = after(*(found(index) for index in range(4)))
    [end] = decide(state, Complete())
    ended = fold([envelope(end)], state)
    assert (ended.settled, ended.tiles, ended.survey) == (b"", state.tiles, None)
    assert public(ended).query_stats == public(state).query_stats
    assert public(ended).dead_queries == QUERIES


EVENTS = [
    found(0, "a", "b", split=4),
    found(0, "a", part="0"),
    found(0, "c", part="1", split=4),
    *(found(0, f"d{number % 2}", part=f"1{number}") for number in range(4)),
    lost(0, "2"),
    found(0, part="3"),
    found(1, "a", "x"),
    lost(2),
    found(3, "b", zone=1),
]


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_slim_or_whole_twice_or_in_any_order_the_counters_agree(events):
    whole = after(*events)
    slim = fold([requested_job := job(), envelope(JobStarted())])
    for event in events:
        slim = fold(decode_slim(encode([envelope(event)])), slim)
    assert requested_job and public(slim) == public(whole) and slim.tiles == whole.tiles
    shown = public(whole)
    assert shown.processed_points <= shown.grid_points_count
    assert shown.error_count <= whole.items
    assert sum(shown.breakdown.by_query.values()) == shown.results_count == sum(shown.breakdown.by_zone.values())
    assert whole.finished <= whole.items
    assert fold(map(envelope, events), whole).results >= whole.results
    everything = fold(map(envelope, EVENTS), whole)
    assert public(everything) == public(fold(map(envelope, EVENTS), everything))


@given(st.permutations(range(len(EVENTS))))
def test_every_order_that_can_happen_ends_the_same(order):
    """A part can only be worked on once its split is in the log."""
    waiting, state = [EVENTS[position] for position in order], after()
    while waiting:
        for event in waiting:
            advanced = fold([envelope(event)], state)
            if advanced is not state:
                state = advanced
                waiting.remove(event)
                break
        else:
            raise AssertionError(waiting)
    assert public(state) == public(after(*EVENTS))
    assert isinstance(decide(state, Complete())[0], JobCompleted)
