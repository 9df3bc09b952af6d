"""PageSpeed Insights, asked over a real socket: its manners, its refusals, and what a page's fault is."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from services.pagespeed.failures import NotMeasured, Unreachable
from services.pagespeed.psi import PageSpeedInsights
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.settings import Settings
from tests.world.pagespeed import errors
from tests.world.pagespeed.insights import KEY, Insights, measured, without_score
from tests.world.places.api import Answer, as_json

URL = "https://www.boulangerie-lemoine.fr/"


@pytest.fixture
async def insights():
    async with Insights().serve() as insights:
        yield insights


@pytest.fixture
async def engine(insights):
    engine = PageSpeedInsights(Settings.from_env(insights.env), None)
    yield engine
    await engine.aclose()


async def failure(engine, kind, url=URL):
    with pytest.raises(kind) as raised:
        await engine.measure(url, "mobile")
    assert type(raised.value) is kind
    assert KEY not in str(raised.value) and KEY not in raised.value.message
    return raised.value


@pytest.mark.parametrize("strategy", ["mobile", "desktop"])
async def test_a_measurement(insights, engine, strategy):
    found = await engine.measure(URL, strategy)
    answer = measured(URL, strategy.upper())
    told = answer["lighthouseResult"]
    assert found.performance == round(told["categories"]["performance"]["score"] * 100)
    assert found.lcp_ms == round(told["audits"]["largest-contentful-paint"]["numericValue"])
    assert found.inp_ms == answer["loadingExperience"]["metrics"]["INTERACTION_TO_NEXT_PAINT"]["percentile"]
    assert found.suggestions[0] == "Des éléments d'image n'ont pas d'attribut `[alt]`"
    assert insights.violations == []
    assert insights.asked == {(URL, strategy): 1}


@pytest.mark.parametrize(
    "url",
    [
        "http://exemple.fr/?a=1&key=mine&strategy=DESKTOP",
        "https://exemple.fr/prix%20?q=caf%C3%A9+noir",
        "https://exemple.fr/#x",
        "https://xn--caf-dma.fr:8443/é",
    ],
)
async def test_an_address_is_one_parameter(insights, engine, url):
    await engine.measure(url, "mobile")
    assert insights.violations == []
    assert insights.asked == {(url, "mobile"): 1}


async def test_addresses_of_a_site(engine):
    assert await engine.addresses("exemple.fr", None, None) == ["https://exemple.fr", "http://exemple.fr"]
    assert await engine.addresses("http://exemple.fr/", None, None) == ["http://exemple.fr/"]


async def test_a_mark_that_could_not_be_given_is_none(insights, engine):
    insights.faults.append(as_json(without_score(URL, "MOBILE")))
    found = await engine.measure(URL, "mobile")
    assert found.performance is None
    assert found.accessibility == 59


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (errors.failed_document("CONNECTION_REFUSED"), "connection"),
        (errors.failed_document("NAME_NOT_RESOLVED"), "dns"),
        (errors.failed_document("CERT_COMMON_NAME_INVALID"), "tls"),
        (errors.failed_document("TIMED_OUT"), "timeout"),
        (errors.failed_document("TOO_MANY_REDIRECTS"), "too_many_redirects"),
        (errors.dns_failure(), "dns"),
        (errors.errored_document(404), "http_4xx"),
        (errors.errored_document(503), "http_5xx"),
        (errors.not_html("application/pdf"), "not_html"),
        (errors.lighthouse("INVALID_URL", "The URL you have provided appears to be invalid.", 400), "invalid_url"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_page_that_cannot_be_had_is_not_asked_for_again(insights, engine, answer, code):
    insights.faults.extend([answer] * 2)
    assert (await failure(engine, Unreachable)).code == code
    assert len(insights.requests) == 1
    assert engine._in_a_row == 0


async def test_a_page_that_paints_nothing_is_tried_twice(insights, engine):
    insights.faults.extend([errors.no_fcp()] * 3)
    assert (await failure(engine, NotMeasured)).code == "not_measured"
    assert len(insights.requests) == 2


async def test_a_page_that_paints_at_the_second_try(insights, engine):
    insights.faults.append(errors.no_fcp())
    assert (await engine.measure(URL, "mobile")).accessibility == 59


async def test_500_to_everything_is_throttling_and_no_pages_fault(insights, engine):
    """Pages were measured before; then, in a row, even what a 500 says of its page is not believed, and all rest."""
    await engine.measure(URL, "mobile")
    insights.faults.extend([errors.something_went_wrong()] * 3)
    for _ in range(3):
        assert (await failure(engine, Retryable)).code == "http_5xx"
    insights.faults.extend([errors.no_fcp()] * 2)
    throttled = await failure(engine, Retryable)
    assert throttled.code == "http_5xx"
    assert throttled.retry_after == 60
    asked = len(insights.requests)
    resting = await failure(engine, Retryable)
    assert resting.code == "resting"
    assert 55 < resting.retry_after <= 60
    assert len(insights.requests) == asked, "it is left alone"


async def test_failing_pages_among_others_are_not_throttling(insights, engine):
    for number in range(4):
        insights.faults.extend([errors.no_fcp()] * 2)
        await failure(engine, NotMeasured)
        await engine.measure(f"{URL}{number}", "mobile")


async def test_a_used_up_quota_is_a_minutes_rest_for_all(insights, engine):
    insights.faults.append(errors.quota_used_up())
    refused = await failure(engine, Retryable)
    assert (refused.code, refused.retry_after) == ("rate_limited", 60)
    assert (await failure(engine, Retryable, "https://autre.fr/")).code == "resting"
    assert len(insights.requests) == 1


async def test_a_quota_that_says_until_when(insights, engine):
    insights.faults.append(errors.quota_used_up(retry_after=7))
    assert (await failure(engine, Retryable)).retry_after == 7
    assert (await failure(engine, Retryable)).retry_after <= 7


async def test_the_rate_keeps_below_the_quota(insights):
    async with Insights(quota=(12, 1.0)).serve() as strict:
        engine = PageSpeedInsights(Settings.from_env(strict.env | {"OUTSEND_PAGESPEED_RATE": "7"}), None)
        await asyncio.gather(*(engine.measure(f"{URL}{number}", "mobile") for number in range(16)))
        await engine.aclose()
        assert strict.requests[-1].at - strict.requests[0].at > 1.6


@pytest.mark.parametrize(
    "answer",
    [
        errors.bad_key(),
        errors.error(
            403, "PageSpeed Insights API has not been used in project 1 before or it is disabled.", "forbidden"
        ),
        errors.error(401, "Request had invalid authentication credentials.", "authError"),
    ],
    ids=["invalid", "forbidden", "unauthorised"],
)
async def test_a_refused_key_is_nobodys_page(insights, engine, answer):
    insights.faults.append(answer)
    assert (await failure(engine, Unavailable)).code == "pagespeed_key"


async def test_an_exhausted_day_in_the_older_form(insights, engine):
    insights.faults.append(errors.error(403, "Daily Limit Exceeded", "dailyLimitExceeded", "usageLimits"))
    assert (await failure(engine, Retryable)).code == "rate_limited"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(b"<html>sorry</html>", 200, {"Content-Type": "text/html"}), Retryable, "not_json"),
        (as_json({"kind": "pagespeedonline#result"}), Permanent, "unexpected_answer"),
        (errors.invalid("Invalid value at 'url'"), Permanent, "http_4xx"),
        (Answer(b"", 503), Retryable, "http_5xx"),
        (msgspec.structs.replace(as_json(measured(URL, "MOBILE")), cut=100), Retryable, "connection"),
    ],
    ids=["html", "empty", "invalid", "503", "cut"],
)
async def test_other_answers(insights, engine, answer, kind, code):
    insights.faults.append(answer)
    assert (await failure(engine, kind)).code == code


async def test_an_answer_that_does_not_come(insights, engine, monkeypatch):
    engine._api._timeout = 0.2
    insights.gate.clear()
    assert (await failure(engine, Retryable)).code == "timeout"
    insights.gate.set()
