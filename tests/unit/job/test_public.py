"""The job as its owner sees it: the shape of the API's page, field by field."""

from __future__ import annotations

import json

import msgspec
import pytest

from contracts.events import Breakdown, JobCompleted, JobExpired, JobStarted, QueryStats
from shared.job import ABSENT, fold, public
from shared.job.state import JobState, seconds_between
from tests.unit.job.given import envelope, request, requested
from tests.unit.job.test_decide import CANCELLED, DELETED, DONE, EXPIRED, FAILED, HALF

SEED = json.loads("""{
"id": "j_01HXYZ...", "job_type": "scrap", "queries": ["dentiste"], "zones": ["Paris", "75015"],
"include_reviews": false, "status": "running", "grid_points_count": 412, "processed_points": 87,
"results_count": 64, "error_count": 0, "ef_cost": 0.041, "created_at": "2026-05-27T09:12:03Z",
"started_at": "2026-05-27T09:12:05Z", "completed_at": null, "expires_at": "2026-06-26T09:12:03Z",
"error_message": null, "output_filename": null, "download_available": false, "source_job_id": null,
"pipeline_id": null, "email_mode": null,
"breakdown": {"by_query": {"dentiste": 64}, "by_zone": {"Paris": 64}}, "dead_queries": [],
"flagged_tiles_count": 0, "total_attempts_count": 87,
"query_stats": {"dentiste": {"tiles": 87, "with_results": 71}}
}""")


def seen(events, **how):
    return public(fold(map(envelope, events)), **how)


def test_the_documented_example_field_by_field_in_its_order():
    state = JobState(
        id="j_01HXYZ...",
        job_type="scrap",
        phase="running",
        params={"queries": ["dentiste"], "zones": ["Paris", "75015"], "include_reviews": False},
        total=412,
        processed=87,
        results=64,
        attempts=87,
        ef_cost=0.0412,
        created_at="2026-05-27T09:12:03.417Z",
        started_at="2026-05-27T09:12:05.002Z",
        expires_at="2026-06-26T09:12:03.417Z",
        breakdown=Breakdown(by_query={"dentiste": 64}, by_zone={"Paris": 64}),
        query_stats={"dentiste": QueryStats(tiles=87, with_results=71)},
    )
    given = json.loads(msgspec.json.encode(public(state)))
    assert given == SEED
    assert list(given) == list(SEED)


def test_a_pending_item_job_has_every_field():
    given = msgspec.to_builtins(public(fold([requested()])))
    assert list(given) == list(SEED)
    assert given | {"id": "", "created_at": "", "expires_at": ""} == {
        **SEED,
        "id": "",
        "created_at": "",
        "expires_at": "",
        "job_type": "techstack",
        "queries": [],
        "zones": [],
        "status": "pending",
        "grid_points_count": 2,
        "processed_points": 0,
        "results_count": 0,
        "ef_cost": 0.04,
        "started_at": None,
        "breakdown": {"by_query": {}, "by_zone": {}},
        "total_attempts_count": 0,
        "query_stats": {},
    }


@pytest.mark.parametrize(
    ("given", "status", "available"),
    [
        (HALF, "running", False),
        (DONE, "done", True),
        (FAILED, "failed", True),
        (CANCELLED, "cancelled", True),
        (EXPIRED, "expired", False),
    ],
)
def test_status_and_output(given, status, available):
    job = seen(given)
    assert (job.status, job.download_available) == (status, available)
    assert job.output_filename == ("techstack_j_1.csv" if available else None)
    assert (job.completed_at is None) == (status == "running")
    assert job.error_message == ("x" if status == "failed" else None)


def test_an_expired_job_keeps_its_last_counters():
    counters = ("processed_points", "results_count", "error_count", "total_attempts_count", "ef_cost", "completed_at")
    done, expired = seen(DONE), seen(EXPIRED)
    assert [getattr(done, name) for name in counters] == [getattr(expired, name) for name in counters]


def test_an_ended_job_without_a_row_has_nothing_to_download():
    nothing = JobCompleted(
        processed_points=0,
        results_count=0,
        error_count=0,
        total_attempts_count=0,
        rows=0,
        ef_cost=0.0,
        expires_at="",
    )
    job = seen([request(0), JobStarted(), nothing])
    assert (job.status, job.download_available, job.output_filename) == ("done", False, None)


@pytest.mark.parametrize(("given", "status"), [(DONE, "running"), (FAILED, "running"), (EXPIRED, "expired")])
def test_an_end_is_not_told_before_its_rows_are_laid_out(given, status):
    job = seen(given, view_ready=False)
    assert (job.status, job.download_available, job.completed_at, job.error_message) == (status, False, None, None)


def test_a_job_cancelled_before_it_started_is_pending_until_its_view_is_ready():
    given = [request(), CANCELLED[-1]]
    assert seen(given, view_ready=False).status == "pending"
    assert seen(given).status == "cancelled"


@pytest.mark.parametrize("state", [ABSENT, fold(map(envelope, DELETED))], ids=["absent", "deleted"])
def test_there_is_no_job_to_see(state):
    with pytest.raises(ValueError):
        public(state)


@pytest.mark.parametrize(
    ("cost", "shown"), [(0.0, 0.001), (0.00004, 0.001), (0.0412, 0.041), (0.04151, 0.042), (1.0, 1.0)]
)
def test_costs_are_shown_with_three_decimals_and_at_least_one_thousandth(cost, shown):
    assert public(fold([requested(ef_cost=cost)])).ef_cost == shown


@pytest.mark.parametrize(
    ("job_type", "params", "mode"),
    [("emails", {}, "normal"), ("emails", {"mode": "deep"}, "deep"), ("techstack", {"mode": "deep"}, None)],
)
def test_email_mode_is_for_emails_jobs_alone(job_type, params, mode):
    assert public(fold([requested(job_type=job_type, params=params)])).email_mode == mode


def test_seconds_between():
    assert seconds_between("2026-05-27T09:12:03.900Z", "2026-05-28T09:12:05.100Z") == 86_401


def test_expired_after_the_end_only():
    assert fold(map(envelope, [*HALF, JobExpired()])) == fold(map(envelope, HALF))
