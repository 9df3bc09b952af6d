"""Cancel, delete and resume, at every moment of a job's life."""

import json
import time

import pytest

from tests.e2e.acts import busy, cancel_all, create, events_of, is_problem, named, status_becomes, until
from tests.timing import SLACK

pytestmark = pytest.mark.servers


@pytest.fixture
def six(api):
    """Five running jobs and a pending one behind them."""
    jobs = [create(api, "faulty", items=busy())["id"] for _ in range(5)]
    for job in jobs:
        status_becomes(api, job, "running")
    yield [*jobs, create(api, "faulty", items=busy())["id"]]
    cancel_all(api)


def test_five_jobs_run_at_once_and_further_ones_wait(api, six):
    assert [api.get(f"/api/jobs/{job}").json()["status"] for job in six] == ["running"] * 5 + ["pending"]
    assert api.get(f"/api/jobs/{six[5]}").json()["started_at"] is None
    api.post(f"/api/jobs/{six[0]}/cancel")
    status_becomes(api, six[5], "running")


def test_the_limit_is_each_users_own(stack, six, stranger):
    job = create(stranger, items=named(1))
    assert stack.finished(stranger, job["id"])["status"] == "done"


def test_cancelling_a_pending_job(api, six):
    began = time.monotonic()
    assert api.post(f"/api/jobs/{six[5]}/cancel").json() == {"ok": True}
    job = status_becomes(api, six[5], "cancelled")
    assert time.monotonic() - began < SLACK, "the running ones last a minute"
    assert (job["processed_points"], job["started_at"], job["ef_cost"]) == (0, None, 0.001)


def test_cancelling_a_running_job_takes_two_seconds_and_counts_nothing_after_its_end(api):
    job = create(api, "faulty", items=[*named(20), *busy(980, 900)])["id"]
    until(lambda: api.get(f"/api/jobs/{job}").json()["processed_points"] >= 20)
    began = time.monotonic()
    answer = api.post(f"/api/jobs/{job}/cancel")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert api.post(f"/api/jobs/{job}/cancel").status_code == 200, "asked again before the end"
    ended = status_becomes(api, job, "cancelled")
    assert time.monotonic() - began < 2 + SLACK, "two seconds, and a moment to lay out the rows; the rest takes forty"
    assert ended["completed_at"] is not None and ended["download_available"]
    assert 20 <= ended["processed_points"] < 500
    events = events_of(api, job)
    progress = [json.loads(event.data) for event in events if event.event == "progress"]
    assert len(progress) == ended["processed_points"]
    time.sleep(1.5)  # what was under way ends by itself now, if nobody stopped it
    later = api.get(f"/api/jobs/{job}").json()
    assert later == ended
    assert events_of(api, job)[-1].id == events[-1].id
    rows = api.get(f"/api/jobs/{job}/download?format=json").json()
    assert len(rows) == ended["processed_points"]
    assert api.get("/api/auth/me").json()["ef_used"] == ended["ef_cost"]


def test_what_was_not_processed_is_credited(api):
    job = create(api, "faulty", items=[{"nom": "a", "do": "sleep 3000"}] * 9_000)
    assert job["ef_cost"] == 0.09
    assert api.get("/api/auth/me").json()["ef_used"] == 0.09
    status_becomes(api, job["id"], "running")
    api.post(f"/api/jobs/{job['id']}/cancel")
    ended = status_becomes(api, job["id"], "cancelled")
    assert ended["ef_cost"] == max(0.001, round(0.09 * ended["processed_points"] / 9_000, 3)) < 0.01
    assert api.get("/api/auth/me").json()["ef_used"] == ended["ef_cost"]


def test_an_ended_job_cannot_be_cancelled(api, finished):
    job = finished(named(1))
    is_problem(api.post(f"/api/jobs/{job['id']}/cancel"), 400)
    assert api.get(f"/api/jobs/{job['id']}").json() == job


def test_a_running_job_cannot_be_deleted(api):
    job = create(api, "faulty", items=busy())["id"]
    status_becomes(api, job, "running")
    is_problem(api.delete(f"/api/jobs/{job}"), 400)
    api.post(f"/api/jobs/{job}/cancel")
    status_becomes(api, job, "cancelled")
    assert api.delete(f"/api/jobs/{job}").status_code == 204


def gone(client, job):
    for path in ("", "/items", "/download", "/report", "/stream"):
        is_problem(client.get(f"/api/jobs/{job}{path}"), 404)
    is_problem(client.post(f"/api/jobs/{job}/cancel"), 404)
    is_problem(client.post(f"/api/jobs/{job}/resume"), 404)
    is_problem(client.delete(f"/api/jobs/{job}"), 404)
    return True


def test_a_deleted_job_is_gone_for_good(api, stranger, finished):
    job = finished(named(3))["id"]
    deleted = api.delete(f"/api/jobs/{job}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert gone(api, job) and gone(stranger, job)
    until(lambda: api.get("/api/jobs").json() == [])
    assert api.get("/api/auth/me").json()["ef_used"] == 0.001, "its cost stays"


def test_a_pending_job_is_cancelled_and_deleted_and_costs_nothing(api, six):
    used = api.get("/api/auth/me").json()["ef_used"]
    assert api.delete(f"/api/jobs/{six[5]}").status_code == 204
    assert gone(api, six[5])
    until(lambda: api.get("/api/auth/me").json()["ef_used"] < used)


def test_only_interrupted_scrap_jobs_can_be_resumed(api, finished):
    done = finished(named(1))["id"]
    is_problem(api.post(f"/api/jobs/{done}/resume"), 400)
    job = create(api, "faulty", items=busy())["id"]
    is_problem(api.post(f"/api/jobs/{job}/resume"), 400)
    api.post(f"/api/jobs/{job}/cancel")
    status_becomes(api, job, "cancelled")
    is_problem(api.post(f"/api/jobs/{job}/resume"), 400)
