"""techstack over the whole invented town: every site's columns or error, whatever the site does."""

import json

import pytest

from tests.e2e.acts import create, events_of
from tests.world.catalogue import load_sites

pytestmark = pytest.mark.servers

SITES = load_sites()
COLUMNS = ["tech_cms", "tech_analytics", "tech_ads_pixels"]
_KINDS = {
    "protocol": {"connection"},
    "bad_encoding": {"connection"},
    "timeout": {"timeout", "dns"},  # a name server that says nothing
}
"""What the town's descriptions call the product's finer codes."""
EACH_SITE = pytest.mark.parametrize("index", range(len(SITES)), ids=[site.host.split(".")[0] for site in SITES])


@pytest.fixture(scope="module")
def town(stack):
    """The whole town as one job: the job, its rows, its progress and its reports."""
    with stack.client(stack.new_user()) as client:
        job = stack.finished(client, create(client, "techstack", items=[site.item() for site in SITES])["id"])
        rows = client.get(f"/api/jobs/{job['id']}/items").json()["items"]
        progress = [json.loads(event.data) for event in events_of(client, job["id"]) if event.event == "progress"]
        reports = client.get(f"/api/jobs/{job['id']}/report").json()
        return job, rows, {each["index"]: each for each in progress}, reports


@EACH_SITE
def test_a_site(town, index):
    _, rows, progress, _ = town
    site, row, event = SITES[index], rows[index], progress[index]
    found = {name: row[name] for name in COLUMNS}
    error = event["error"]["code"] if event["error"] else None
    assert event["ok"] == (error is None)
    if error is not None:
        assert found == dict.fromkeys(COLUMNS)
        assert site.expect.error in _KINDS.get(error, {error})
        assert event["error"]["message"]
    else:
        assert site.expect.error is None or site.expect.either, f"expected {site.expect.error}"
        slugs = {name: sorted((row[name] or "").split(", ")) for name in COLUMNS[1:]}
        assert row["tech_cms"] == site.expect.tech_cms
        assert slugs["tech_analytics"] == sorted(site.expect.tech_analytics or [""])
        assert slugs["tech_ads_pixels"] == sorted(site.expect.tech_ads_pixels or [""])


def test_rows_come_in_input_order_with_every_input_column_first(town):
    _, rows, _, _ = town
    assert len(rows) == len(SITES)
    for site, row in zip(SITES, rows, strict=True):
        assert list(row) == [*site.item(), *COLUMNS]
        assert {name: row[name] for name in site.item()} == site.item()


def test_the_counters_fit_the_rows(town):
    job, rows, progress, _ = town
    assert job["status"] == "done"
    assert job["grid_points_count"] == job["processed_points"] == len(SITES) == len(progress)
    assert job["error_count"] == sum(not event["ok"] for event in progress.values())
    assert job["results_count"] == sum(any(row[name] is not None for name in COLUMNS) for row in rows)
    assert job["total_attempts_count"] >= len(SITES)


def test_progress_is_per_site(town):
    _, _, progress, _ = town
    for index, site in enumerate(SITES):
        assert progress[index]["unit"] == "sites"
        assert progress[index]["label"] == site.url


def test_the_reports_have_three_levels_signals_and_metadata(town):
    job, rows, progress, page = town
    assert page["count"] == len(page["reports"]) == len(SITES) - job["error_count"]
    reached = [index for index in range(len(SITES)) if progress[index]["ok"]]
    for index, report in zip(reached, page["reports"], strict=True):
        technologies = [technology for category in report["categories"] for technology in category["technologies"]]
        assert all(technology["evidence"] or technology["implied_by"] for technology in technologies)
        slugs = {technology["slug"] for technology in technologies}
        columns = {slug for name in COLUMNS for slug in (rows[index][name] or "").split(", ") if slug}
        assert columns | set(SITES[index].expect.also) <= slugs, SITES[index].host
        assert {"signals", "technical"} <= set(report), list(report)
        assert report["technical"]["status"] == 200


def test_unusual_items_are_carried_through(stack, finished, api):
    item = {
        "Website": SITES[0].url, "nom": "Œuvre", "note": 4.5, "ouvert": True, "vide": "", "rien": None,
        "liste": ["a", {"b": 1}], "tech_cms": "joomla",
    }  # fmt: skip
    job = finished([item], "techstack")
    [row] = api.get(f"/api/jobs/{job['id']}/items").json()["items"]
    kept = {name: value for name, value in item.items() if name != "tech_cms"}
    assert list(row) == [*kept, *COLUMNS], "a column that is produced again is appended with the new value"
    assert {name: row[name] for name in kept} == kept
    assert row["tech_cms"] == SITES[0].expect.tech_cms
