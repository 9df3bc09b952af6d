"""What a site costs and what becomes of halves: the module over PageSpeed Insights, item by item."""

from __future__ import annotations

import pytest
from nats.js.errors import KeyNotFoundError

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.pagespeed.extract import process
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.modulekit.module import ATTEMPT, Context
from shared.net.answers import Answers
from shared.net.client import Fetcher
from shared.pagespeed_engine import NO_KEY
from shared.settings import Settings
from tests.world.pagespeed import errors
from tests.world.pagespeed.insights import Insights, measured
from tests.world.places.api import as_json

SPEC = load_manifests()["pagespeed"]
SITE = "https://exemple.fr/"


class Store:
    """A bucket in memory."""

    def __init__(self):
        self.values = {}

    async def get(self, key):
        if key not in self.values:
            raise KeyNotFoundError
        return self.values[key]

    async def put(self, key, value):
        self.values[key] = type("Entry", (), {"value": value})()


@pytest.fixture
async def insights():
    async with Insights().serve() as insights:
        yield insights


@pytest.fixture
def said():
    return []


@pytest.fixture
async def contexts(insights, said):
    """Makes contexts as processes have them, over one bucket of answers."""
    store, made = Store(), []

    async def log(item, level, message):
        said.append((level, message))

    async with Fetcher(Settings()) as fetcher:

        def make(**env):
            settings = Settings.from_env(insights.env | env)
            made.append(Context(SPEC, settings, fetcher, log, answers=Answers(store)))
            return made[-1]

        yield make
        for context in made:
            context.close()


async def columns(context, site=SITE, attempt=1):
    ATTEMPT.set(attempt)
    item = ItemRequested(job="j_1", tenant="u_1", job_type="pagespeed", index=0, item={"site_web": site})
    return (await process(item, context)).columns


async def test_a_site_takes_two_requests(insights, contexts):
    found = await columns(contexts())
    phone, desktop = (measured(SITE, strategy)["lighthouseResult"] for strategy in ("MOBILE", "DESKTOP"))
    assert found["perf_score_mobile"] == round(phone["categories"]["performance"]["score"] * 100)
    assert found["perf_score_desktop"] == round(desktop["categories"]["performance"]["score"] * 100)
    assert found["lcp_ms"] == round(phone["audits"]["largest-contentful-paint"]["numericValue"])
    assert list(found) == SPEC.columns
    assert insights.asked == {(SITE, "mobile"): 1, (SITE, "desktop"): 1}
    assert insights.violations == []


@pytest.mark.parametrize("site", [None, "", "  ", 7, "javascript:alert(1)", "mailto:a@exemple.fr", "localhost"])
async def test_a_row_without_a_site_asks_nobody(insights, contexts, site):
    assert await columns(contexts(), site) == {}
    assert insights.requests == []


async def test_what_was_measured_is_not_measured_again(insights, contexts):
    first = await columns(contexts())
    assert await columns(contexts()) == first, "by another process either"
    assert insights.asked.total() == 2


async def test_a_bare_host_is_tried_over_both_schemes(insights, contexts):
    def http_alone(request):
        if request.query["url"].startswith("https:"):
            return errors.failed_document("CONNECTION_REFUSED")
        return as_json(measured(request.query["url"], request.query["strategy"]))

    insights.scripts["exemple.fr"] = http_alone
    assert (await columns(contexts(), "exemple.fr"))["perf_score_mobile"] is not None
    assert [url for url, _ in insights.asked] == ["https://exemple.fr", "http://exemple.fr", "http://exemple.fr"]
    with pytest.raises(Permanent, match="cannot be had"):
        await columns(contexts(), "https://exemple.fr")


@pytest.mark.parametrize("site", [SITE, "exemple.fr"])
@pytest.mark.parametrize(
    ("answer", "code"), [(errors.dns_failure(), "dns"), (errors.errored_document(410), "http_4xx")]
)
async def test_a_dead_site_costs_one_request(insights, contexts, site, answer, code):
    insights.scripts["exemple.fr"] = lambda _: answer
    with pytest.raises(Permanent) as raised:
        await columns(contexts(), site)
    assert raised.value.code == code
    assert insights.asked.total() == 1


@pytest.mark.parametrize(("lost", "kept"), [("MOBILE", "desktop"), ("DESKTOP", "mobile")])
async def test_half_of_a_page_is_kept_and_said(insights, contexts, said, lost, kept):
    def half(request):
        strategy = request.query["strategy"]
        return errors.no_fcp() if strategy == lost else as_json(measured(SITE, strategy))

    insights.scripts["exemple.fr"] = half
    found = await columns(contexts())
    assert found[f"perf_score_{kept}"] is not None
    assert found[f"perf_score_{lost.lower()}"] is None
    ((level, message),) = said
    assert (level, "NO_FCP" in message) == ("warn", True)
    assert insights.asked[SITE, lost.lower()] == 2


async def test_a_page_that_paints_nothing_at_all(insights, contexts):
    insights.scripts["exemple.fr"] = lambda _: errors.no_fcp()
    with pytest.raises(Permanent) as raised:
        await columns(contexts())
    assert raised.value.code == "not_measured"


async def test_a_retry_goes_on_where_it_stopped(insights, contexts):
    def desktop_fails_once(request):
        strategy = request.query["strategy"]
        if strategy == "DESKTOP" and insights.asked[SITE, "desktop"] == 1:
            return errors.something_went_wrong()
        return as_json(measured(SITE, strategy))

    insights.scripts["exemple.fr"] = desktop_fails_once
    context = contexts()
    with pytest.raises(Retryable):
        await columns(context)
    assert None not in (await columns(context, attempt=2)).values()
    assert insights.asked == {(SITE, "mobile"): 1, (SITE, "desktop"): 2}


async def test_at_the_last_attempt_half_is_better_than_nothing(insights, contexts, said):
    def desktop_fails(request):
        strategy = request.query["strategy"]
        return errors.something_went_wrong() if strategy == "DESKTOP" else as_json(measured(SITE, strategy))

    insights.scripts["exemple.fr"] = desktop_fails
    found = await columns(contexts(), attempt=SPEC.attempts)
    assert (found["perf_score_mobile"] is None, found["perf_score_desktop"]) == (False, None)
    assert said[0][0] == "warn"


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ({"OUTSEND_PAGESPEED_KEY": ""}, NO_KEY),
        ({"OUTSEND_PAGESPEED_ENGINE": "lighthouse", "PATH": ""}, None),
    ],
)
async def test_without_an_engine_it_says_so(insights, contexts, monkeypatch, env, reason):
    if "PATH" in env:
        monkeypatch.setenv("PATH", env.pop("PATH"))
    with pytest.raises(Unavailable) as raised:
        await columns(contexts(**env))
    assert reason in (None, raised.value.message)
    assert insights.requests == []
