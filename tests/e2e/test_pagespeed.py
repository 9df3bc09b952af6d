"""Page speed through the whole product: with a key, without one, and rows that have no site."""

import csv
import io

import pytest

from tests.background import background
from tests.e2e.acts import create, is_problem
from tests.live import live_stack
from tests.world.pagespeed import errors
from tests.world.pagespeed.insights import KEY, Insights, measured

pytestmark = pytest.mark.servers

COLUMNS = [
    "perf_score_mobile", "perf_score_desktop", "lcp_ms", "cls", "accessibility_score", "seo_score", "suggestions",
    "best_practices_score", "fcp_ms", "tbt_ms", "inp_ms",
]  # fmt: skip


@pytest.fixture(scope="module")
def insights():
    with background(Insights().serve()) as insights:
        yield insights


@pytest.fixture(scope="module")
def measuring(tmp_path_factory, insights):
    """A product whose operator has a key."""
    with live_stack(tmp_path_factory.mktemp("measuring"), **insights.env) as stack:
        yield stack


@pytest.fixture
def client(measuring):
    with measuring.client(measuring.new_user()) as client:
        yield client


def entry(client):
    return next(one for one in client.get("/api/modules-registry").json() if one["slug"] == "pagespeed")


def rows_of(client, job):
    return client.get(f"/api/jobs/{job['id']}/items").json()["items"]


def requests(insights, host):
    return sum(count for (url, _), count in insights.asked.items() if host in url)


def test_without_a_key_the_module_says_so(api):
    assert entry(api)["alpha_unavailable"] is True
    answer = api.post("/api/jobs/pagespeed", json={"items": [{"site_web": "https://exemple.fr/"}]})
    is_problem(answer, 503)
    assert "OUTSEND_PAGESPEED_KEY" in answer.json()["detail"]
    assert api.get("/api/jobs").json() == []


def test_a_list_with_rows_that_have_no_site(measuring, client, insights):
    assert entry(client)["alpha_unavailable"] is False
    assert entry(client)["produces"] == COLUMNS
    insights.scripts["muet.e2e.fr"] = lambda _: errors.no_fcp()
    insights.scripts["absent.e2e.fr"] = lambda _: errors.dns_failure()
    items = [
        {"nom": "Un", "site_web": "https://un.e2e.fr/"},
        {"nom": "Sans"},
        {"nom": "Deux", "site_web": "deux.e2e.fr"},
        {"nom": "Vide", "site_web": "  "},
        {"nom": "Muet", "site_web": "https://muet.e2e.fr/"},
        {"nom": "Absent", "site_web": "https://absent.e2e.fr/"},
        {"nom": "Faux", "site_web": "mailto:contact@e2e.fr"},
    ]
    job = measuring.finished(client, create(client, "pagespeed", items=items)["id"])
    assert (job["status"], job["grid_points_count"], job["processed_points"]) == ("done", 7, 7)
    assert (job["results_count"], job["error_count"]) == (2, 2)
    rows = rows_of(client, job)
    assert [row["nom"] for row in rows] == [item["nom"] for item in items]
    for row, item in zip(rows, items, strict=True):
        produced = {name: row[name] for name in COLUMNS}
        if item["nom"] not in ("Un", "Deux"):
            assert set(produced.values()) == {None}
            continue
        url = item["site_web"] if "://" in item["site_web"] else f"https://{item['site_web']}"
        phone = measured(url, "MOBILE")
        audits = phone["lighthouseResult"]["audits"]
        assert produced["perf_score_mobile"] < produced["perf_score_desktop"]
        assert produced["cls"] == audits["cumulative-layout-shift"]["numericValue"]
        assert produced["inp_ms"] == phone["loadingExperience"]["metrics"]["INTERACTION_TO_NEXT_PAINT"]["percentile"]
        assert isinstance(produced["suggestions"], list) and len(produced["suggestions"]) == 9
    assert list(rows[0]) == ["nom", "site_web", *COLUMNS]
    assert {host: requests(insights, host) for host in ("un.", "deux.", "muet.", "absent.")} == {
        "un.": 2, "deux.": 2, "muet.": 4, "absent.": 1,
    }  # fmt: skip
    assert insights.violations == []
    assert insights.asked.total() == 9, "a row without a site costs nothing"
    table = csv.DictReader(
        io.StringIO(client.get(f"/api/jobs/{job['id']}/download").content.decode("utf-8-sig")), delimiter=";"
    )
    assert next(iter(table))["suggestions"] == ", ".join(rows[0]["suggestions"])


def test_another_tenants_job_is_answered_from_what_is_known(measuring, client, insights):
    items = [{"site_web": "https://connu.e2e.fr/"}]
    first = measuring.finished(client, create(client, "pagespeed", items=items)["id"])
    with measuring.client(measuring.new_user()) as other:
        second = measuring.finished(other, create(other, "pagespeed", items=items)["id"])
        assert rows_of(other, second) == rows_of(client, first)
    assert requests(insights, "connu.") == 2


def test_a_list_of_nothing_but_rows_without_a_site(measuring, client, insights):
    before = insights.asked.total()
    job = measuring.finished(client, create(client, "pagespeed", items=[{"nom": "A", "site_web": ""}])["id"])
    assert (job["status"], job["results_count"], job["error_count"]) == ("done", 0, 0)
    assert rows_of(client, job) == [{"nom": "A", "site_web": ""} | dict.fromkeys(COLUMNS)]
    assert insights.asked.total() == before


def test_the_key_is_told_nowhere(measuring, client, insights):
    insights.scripts["refuse.e2e.fr"] = lambda _: errors.bad_key()
    job = measuring.finished(client, create(client, "pagespeed", items=[{"site_web": "https://refuse.e2e.fr/"}])["id"])
    assert job["error_count"] == 1
    with client.stream("GET", f"/api/jobs/{job['id']}/stream?since=0") as answer:
        events = answer.read().decode()
    assert "pagespeed_key" in events
    assert KEY not in events
    logs = list((measuring.data_dir / "logs").glob("*.log"))
    assert logs and all(KEY not in log.read_text("utf-8", "replace") for log in logs)
