"""`source_job_id`: a job after another one, with its rows or beside them."""

import pytest

from tests.e2e.acts import (
    NOBODYS_JOB,
    busy,
    cancel_all,
    create,
    is_problem,
    is_validation_problem,
    named,
    status_becomes,
)

pytestmark = pytest.mark.servers


def chained(client, source, module="noop", **body):
    return client.post(f"/api/jobs/{module}", json={"source_job_id": source} | body)


def test_the_rows_of_a_done_job_become_the_items(stack, api, finished):
    source = finished([{"nom": f"n{number}", "ville": "Paris"} for number in range(700)])
    job = chained(api, source["id"], "faulty").json()
    assert (job["source_job_id"], job["grid_points_count"]) == (source["id"], 700)
    stack.finished(api, job["id"])
    rows = api.get(f"/api/jobs/{job['id']}/items?limit=1000").json()["items"]
    assert [row["nom"] for row in rows] == [f"n{number}" for number in range(700)]
    assert list(rows[0]) == ["nom", "ville", "echo", "attempt"]


def test_with_both_the_items_count(stack, api, finished):
    source = finished(named(3))
    job = chained(api, source["id"], items=named(1)).json()
    assert (job["source_job_id"], job["grid_points_count"]) == (source["id"], 1)


def test_the_source_must_be_the_callers(api, stranger, finished):
    source = finished(named(1))["id"]
    is_problem(chained(stranger, source), 403)
    is_problem(chained(stranger, source, items=named(1)), 403)


@pytest.mark.parametrize("source", [NOBODYS_JOB, "8b3e-optional", "", "*", "j_>", "x" * 5000])
def test_an_unknown_source(api, source):
    is_problem(chained(api, source), 404)
    is_problem(chained(api, source, items=named(1)), 404)


def test_a_source_that_is_not_done(api):
    source = create(api, "faulty", items=busy())["id"]
    is_problem(chained(api, source), 400)
    assert chained(api, source, items=named(1)).status_code == 200
    cancel_all(api)


def test_a_deleted_source(api, finished):
    source = finished(named(1))["id"]
    assert api.delete(f"/api/jobs/{source}").status_code == 204
    is_problem(chained(api, source), 404)


def test_a_source_of_more_than_10_000_rows(api, finished):
    source = finished([{"nom": "a", "do": "rows 2001"}] * 5, "faulty")
    assert source["results_count"] == 10_005
    is_validation_problem(chained(api, source["id"]), "body", "source_job_id")


def test_a_source_without_rows_or_without_what_the_module_needs(api, finished):
    empty = finished([{"nom": "a", "do": "rows 0"}], "faulty")
    is_problem(chained(api, empty["id"]), 400)
    named_only = finished(named(1))
    is_problem(chained(api, named_only["id"], "techstack"), 400, "Aucun établissement avec site web")


def test_an_expired_source(strict):
    with strict.client(strict.new_user()) as client:
        source = create(client, items=named(1))["id"]
        status_becomes(client, source, "expired")
        is_problem(chained(client, source), 410)
        assert chained(client, source, items=named(1)).status_code == 200
