"""`outsend scrap`, `outsend estimate` and `outsend jobs resume` against a running product with a source of places."""

import pytest

from deploy.ports import free_port
from tests.live import live_stack

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def searching(tmp_path_factory):
    """A stack whose source of places is configured and never there: its jobs last."""
    url = f"http://127.0.0.1:{free_port()}"
    with live_stack(tmp_path_factory.mktemp("searching"), OUTSEND_OVERPASS_URL=url) as running:
        yield running


@pytest.fixture
def outsend(run, searching):
    env = searching.cli_env(searching.new_user())
    return lambda *arguments: run(*arguments, env=env)


def test_a_search_is_created_as_its_flags_say(outsend):
    done = outsend(
        "scrap", "--query", "dentiste", "-q", "orthodontiste", "--zone", "Paris", "-z", "75015",
        "--stop-at", 50, "--mode", "fast", "--extra", "region", "--extra", "gps", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    job = done.json
    assert (job["job_type"], job["queries"]) == ("scrap", ["dentiste", "orthodontiste"])
    assert job["zones"] == ["Paris", "75015"]
    assert f"outsend jobs follow {job['id']}" in done.err
    assert outsend("jobs", "show", job["id"], "--json").json["grid_points_count"] == job["grid_points_count"]


def test_reviews_without_such_a_source_end_with_2(outsend):
    done = outsend("scrap", "-q", "a", "-z", "Paris", "--reviews")
    assert done.code == 2
    assert "include_reviews" in done.err


def test_an_estimate_is_a_table_or_json(outsend):
    words = ("estimate", "--query", "dentiste", "--query", "orthodontiste", "--zone", "Paris")
    found = outsend(*words, "--json").json
    assert found["valid"]
    shown = outsend(*words)
    assert shown.code == 0, shown.err
    lines = {line.split()[0]: line for line in shown.out.splitlines()}
    assert str(found["grid_points"]) in lines["tiles"]
    assert str(found["total_requests"]) in lines["requests"]
    assert f"{found['ef_cost']:.3f} EF" in lines["cost"]
    assert "about 0:" in lines["time"]
    assert outsend("jobs", "list").err.startswith("No jobs.")


def test_an_estimate_of_what_would_be_refused_ends_with_1_and_says_why(outsend):
    unknown = outsend("estimate", "-q", "a", "-z", "Xyzzyville")
    assert unknown.code == 1
    assert any(line.split()[0] == "error" and "Xyzzyville" in line for line in unknown.out.splitlines())
    ambiguous = outsend("estimate", "-q", "a", "-z", "Saint-Denis")
    assert ambiguous.code == 0
    assert any(line.split()[0] == "warning" for line in ambiguous.out.splitlines())
    assert outsend("estimate", "-q", "a", "-z", "Xyzzyville", "--json").code == 1


def test_an_interrupted_search_is_resumed_once(outsend):
    job = outsend("scrap", "-q", "dentiste", "-z", "Paris").out.strip()
    early = outsend("jobs", "resume", job)
    assert early.code == 2
    assert "HTTP 400" in early.err
    assert outsend("jobs", "cancel", job).code == 0
    assert outsend("jobs", "follow", job).code == 1
    again = outsend("jobs", "resume", job, "--json")
    assert again.code == 0, again.err
    assert again.json["source_job_id"] == job
    second = outsend("jobs", "resume", job)
    assert second.code == 2
    assert again.json["id"] in second.err


def test_the_techstack_of_a_search_is_chained_by_its_id(outsend):
    job = outsend("scrap", "-q", "dentiste", "-z", "Ouessant").out.strip()
    refused = outsend("jobs", "create", "techstack", "--from", job)
    assert refused.code == 2
    assert "The source job is not done" in refused.err
