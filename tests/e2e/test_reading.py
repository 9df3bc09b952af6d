"""GET: the list, a job and what its fields mean, its rows, its reports and its files."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.jobs import JobPublic
from shared.export.formats import MEDIA_TYPES
from tests.e2e.acts import busy, cancel_all, create, is_problem, is_validation_problem, named, status_becomes, until

pytestmark = pytest.mark.servers


def ids(client, query=""):
    return [job["id"] for job in client.get(f"/api/jobs{query}").json()]


@pytest.fixture
def seven(api):
    """Seven jobs of the user, newest first."""
    made = [create(api, items=named(1))["id"] for _ in range(7)]
    until(lambda: len(ids(api)) == 7)
    return made[::-1]


def test_the_list_is_a_bare_array_newest_first(api, seven, stranger):
    assert ids(api) == seven
    assert list(api.get("/api/jobs").json()[0]) == list(JobPublic.__struct_fields__)
    assert stranger.get("/api/jobs").json() == []


def test_pages(api, seven):
    assert ids(api, "?limit=3") == seven[:3], "a full page is exactly as long as asked for"
    assert ids(api, "?limit=3&offset=3") == seven[3:6]
    assert ids(api, "?limit=3&offset=6") == seven[6:]
    assert ids(api, "?limit=7") == seven
    assert ids(api, "?limit=3&offset=7") == ids(api, "?offset=999999") == []
    assert ids(api, "?offset=9223372036854775807") == []


@pytest.mark.parametrize(("limit", "length"), [("0", 1), ("-5", 1), ("1", 1), ("501", 7), ("99999999999", 7)])
def test_a_limit_is_clamped(api, seven, limit, length):
    assert len(ids(api, f"?limit={limit}")) == length


def test_the_largest_page_is_500_and_the_default_100(api):
    with ThreadPoolExecutor(8) as threads:
        made = sorted(threads.map(lambda _: create(api, items=named(1))["id"], range(505)))
    until(lambda: ids(api, "?limit=1&offset=504") == [made[0]])
    assert ids(api, "?limit=501") == made[:4:-1]
    assert ids(api) == made[:404:-1]


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=", "limit=1.5", "limit=1e2", "offset=x", "offset=-1", "offset=0x1"]
)
def test_what_is_no_integer_or_negative(api, finished, query):
    name = query.partition("=")[0]
    is_validation_problem(api.get(f"/api/jobs?{query}"), "query", name)
    job = finished(named(1))["id"]
    is_validation_problem(api.get(f"/api/jobs/{job}/items?{query}"), "query", name)
    is_validation_problem(api.get(f"/api/jobs/{job}/report?{query}"), "query", name)


def test_the_counters_of_a_finished_job(finished):
    items = [{"nom": "a"}, {"nom": "b", "do": "permanent"}, {"nom": "c", "do": "retry 1"}, {"nom": "d", "do": "rows 3"}]
    job = finished(items, "faulty")
    assert job["status"] == "done", "errors of items are no failure of the job"
    assert job["grid_points_count"] == job["processed_points"] == 4
    assert job["results_count"] == 1 + 1 + 3, "rows with a signal"
    assert job["error_count"] == 1
    assert job["total_attempts_count"] == 5
    assert job["output_filename"] == f"faulty_{job['id']}.csv"
    assert job["download_available"] is True
    assert job["started_at"] >= job["created_at"] and job["completed_at"] >= job["started_at"]
    assert job["email_mode"] is None and job["error_message"] is None


def test_errors_leave_their_row_with_empty_columns(api, finished):
    job = finished([{"nom": "a", "do": "raise", "ville": "x"}, {"nom": "b", "do": "hang"}], "faulty")
    assert (job["error_count"], job["results_count"]) == (2, 0)
    assert api.get(f"/api/jobs/{job['id']}/items").json() == {
        "count": 2,
        "items": [
            {"nom": "a", "do": "raise", "ville": "x", "echo": None, "attempt": None},
            {"nom": "b", "do": "hang", "echo": None, "attempt": None},
        ],
    }


def test_a_running_job_counts_live_and_has_nothing_to_show_yet(api):
    job = create(api, "faulty", items=[*named(5), *busy()])["id"]
    shown = until(lambda: (now := api.get(f"/api/jobs/{job}").json())["processed_points"] >= 5 and now)
    assert (shown["status"], shown["completed_at"], shown["download_available"]) == ("running", None, False)
    assert shown["processed_points"] < shown["grid_points_count"] == 405
    is_problem(api.get(f"/api/jobs/{job}/items"), 400)
    is_problem(api.get(f"/api/jobs/{job}/report"), 400)
    for kind in MEDIA_TYPES:
        is_problem(api.get(f"/api/jobs/{job}/download?format={kind}"), 400)
    cancel_all(api)


def test_rows_page_by_page(api, finished):
    job = finished(named(1203))["id"]

    def page(query):
        answer = api.get(f"/api/jobs/{job}/items{query}")
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json()) == ["count", "items"]
        assert answer.json()["count"] == 1203, "all rows, whatever the page"
        return [int(row["nom"][1:]) for row in answer.json()["items"]]

    assert page("") == list(range(100))
    assert page("?limit=10000") == page("?limit=99999") == list(range(1203))
    assert page("?limit=0") == [0]
    assert page("?offset=495&limit=10") == list(range(495, 505))
    assert page("?offset=1200") == [1200, 1201, 1202]
    assert page("?offset=1203") == page("?offset=9223372036854775807") == []
    walked = [number for offset in range(0, 1203, 250) for number in page(f"?offset={offset}&limit=250")]
    assert walked == list(range(1203))


def test_files_and_their_headers(api, finished):
    job = finished(named(2))
    base = f"noop_{job['id']}"
    for query, kind in (("", "csv"), ("?format=csv", "csv"), ("?format=json", "json"), ("?format=xlsx", "xlsx")):
        answer = api.get(f"/api/jobs/{job['id']}/download{query}")
        assert answer.status_code == 200
        assert (
            answer.headers["content-type"]
            == {
                "csv": "text/csv; charset=utf-8",
                "json": "application/json; charset=utf-8",
                "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            }[kind]
        )
        assert answer.headers["content-disposition"] == f'attachment; filename="{base}.{kind}"'
        assert answer.headers["cache-control"] == "no-store"
    for kind in ("pdf", "CSV", "", "xls", "../csv"):
        is_problem(api.get(f"/api/jobs/{job['id']}/download", params={"format": kind}), 400)


def test_a_job_that_made_no_row_has_no_file(api, finished):
    job = finished([{"nom": "a", "do": "rows 0"}], "faulty")
    assert (job["status"], job["download_available"], job["output_filename"]) == ("done", False, None)
    is_problem(api.get(f"/api/jobs/{job['id']}/download"), 410)
    assert api.get(f"/api/jobs/{job['id']}/items").json() == {"count": 0, "items": []}


def test_a_cancelled_job_gives_its_partial_rows_as_files_only(stack, api):
    job = create(api, "faulty", items=[*named(5), *busy()])["id"]
    until(lambda: api.get(f"/api/jobs/{job}").json()["processed_points"] >= 5)
    api.post(f"/api/jobs/{job}/cancel")
    ended = stack.finished(api, job)
    assert ended["status"] == "cancelled" and ended["download_available"]
    lines = api.get(f"/api/jobs/{job}/download").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + ended["processed_points"], "items that were not processed have no row"
    is_problem(api.get(f"/api/jobs/{job}/items"), 400)
    assert api.get(f"/api/jobs/{job}/report").status_code == 200


def test_a_job_that_was_cancelled_before_its_first_row_has_no_file(api):
    job = create(api, "faulty", items=busy())["id"]
    assert api.post(f"/api/jobs/{job}/cancel").status_code == 200
    ended = status_becomes(api, job, "cancelled")
    assert (ended["download_available"], ended["output_filename"]) == (False, None)
    is_problem(api.get(f"/api/jobs/{job}/download"), 410)


def test_reports(api, finished):
    job = finished([{"nom": "a", "do": "report 1"}, {"nom": "b"}, {"nom": "c", "do": "report 2"}], "faulty")
    page = api.get(f"/api/jobs/{job['id']}/report").json()
    assert page["count"] == 2
    assert [len(str(report)) > 1000 for report in page["reports"]] == [True, True]
    assert len(api.get(f"/api/jobs/{job['id']}/report?offset=1").json()["reports"]) == 1
    plain = finished(named(1))
    assert api.get(f"/api/jobs/{plain['id']}/report").json() == {"count": 0, "reports": []}
