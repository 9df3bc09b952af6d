"""Hostile pages: whatever is sent, a report comes back, in time that grows with the page and no faster."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.techstack import engine
from services.techstack.detect import analyse, conclude, look_at
from services.techstack.engine import Matcher, default_matcher
from services.techstack.fallback import LiteralFilter
from services.techstack.quoted import comments, raw_text
from services.techstack.report import Report
from services.techstack.rules import default_rules
from shared.net.response import Response
from shared.web.page import Page
from tests.timing import assert_linear
from tests.unit.techstack.saved import saved
from tests.world.corpus import corpus

CHARSETS = ["utf-8", "cp1252", "utf-16", "utf-16-be", "shift_jis", "koi8-r", "utf-7", "nonsense", "zlib", ""]
WORDS = [
    *(
        "<div>",
        "</div>",
        "<p",
        "<script>",
        "</script>",
        "<script src='",
        "<style>",
        "<textarea>",
        "<title>",
        "<svg><math>",
    ),
    *(
        "<!--",
        "-->",
        "--!>",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        "<?xml",
        "</",
        "<",
        ">",
        "=",
        "'",
        '"',
        "&",
        "&#",
        "&#x110000;",
    ),
    *(
        "&#xD800;",
        "&bogus",
        "\x00",
        "\ufffe",
        "\u2028",
        "\ufeff",
        "ſ",
        "K",
        "İ",
        "😀",
        "\r\n",
        "\x1b[0m",
        "%00",
        "\\",
        "/*",
        "//",
    ),
    *(
        "<template>",
        "<iframe srcdoc=",
        "<base href='//",
        "<meta charset=",
        "<meta name=generator content=",
        "<a href=",
        "<table><td>",
    ),
    *(
        "<meta http-equiv=content-type content='text/html; charset=utf-16'>",
        "<form><form>",
        "<select><option>",
        "<frameset>",
    ),
    *(
        "WordPress 6.8",
        "/wp-content/themes/",
        "gtag('config', 'G-ABCDE12345')",
        "googletagmanager.com/gtm.js?id=GTM-ABC12",
    ),
    *("https://js.stripe.com/v3/", "_paq.push(['", "fbq('init',", "data-", "class=", "x" * 300, " " * 300, "é" * 50),
]
DEPTH = 4000

pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=40).map("".join)
repeated = st.tuples(pieces, st.integers(1, 400)).map(lambda one: (one[0] * one[1])[:60_000])
from_corpus = st.sampled_from(list(corpus(40, seed=9, mean_bytes=4000))).map(lambda page: page.body)
names = st.sampled_from(
    ["server", "x-powered-by", "set-cookie", "link", "via", "content-language", "content-security-policy", "x-a"]
)
values = st.one_of(
    st.text(max_size=40), st.sampled_from(["nginx/1.2" * 2000, "=;=", "a=" + "b" * 70_000, "\x00", "\udcff", ""])
)


@st.composite
def bodies(draw):
    """Bytes: generated markup in any encoding, a page of the corpus cut and spliced, or noise."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(st.binary(max_size=3000))
    text = draw(st.one_of(pieces, repeated)).encode(
        draw(st.sampled_from(["utf-8", "utf-16", "cp1252"])), "replace" if kind == 1 else "ignore"
    )
    if kind == 3:
        good = draw(from_corpus)
        at = draw(st.integers(0, len(good)))
        return good[:at] + text + good[at + draw(st.integers(0, 2000)) :]
    return text


@st.composite
def responses(draw):
    declared = draw(st.sampled_from(CHARSETS))
    headers = draw(st.lists(st.tuples(names, values), max_size=12)) * draw(st.sampled_from([1, 1, 1, 200]))
    url = draw(
        st.sampled_from(
            ["https://a.test/", "https://a.test/%00?" + "x" * 5000, "http://[::1]:99999/", "https://xn--a.test/é"]
        )
    )
    return Response(
        requested_url=url,
        url=url,
        status=draw(st.sampled_from([200, 203, 404])),
        headers=[("content-type", f"text/html; charset={declared}"), *headers],
        body=draw(bodies()),
        http_version="HTTP/1.1",
        elapsed_ms=1,
        redirects=[],
        tls=None,
        ip="192.0.2.1",
        fetched_at="2026-11-01T00:00:00+00:00",
    )


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(responses(), pieces)
def test_any_answer_gives_a_report(response, container):
    page = Page.from_response(response)
    columns, report = analyse(page, response, scripts=[container, "var data = " + container])
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    assert set(columns) == {"tech_cms", "tech_analytics", "tech_ads_pixels"}
    for category in report.categories:
        for technology in category.technologies:
            assert 50 <= technology.confidence <= 100
            assert all(len(line.matched) <= engine.MATCHED_CHARS for line in technology.evidence)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(responses())
def test_with_hyperscan_and_without_the_same(response):
    page = Page.from_response(response)
    hits = [look_at(page, matcher).hits for matcher in (default_matcher(), LITERALS)]
    assert hits[0] == hits[1]


LITERALS = Matcher(default_rules(), LiteralFilter)


def many(unit):
    """A page of `n` bytes or so that is nothing but this, wherever a page can have it."""

    def page(size):
        text = unit * (size // len(unit))
        return Page("https://a.test/", 200, [("server", text), ("set-cookie", text)], text)

    return page


HOSTILE = {
    "nested elements": many("<div><b>"),
    "nested lists and tables": many("<ul><li><table><td>"),
    "misnested formatting": many("<a><b><i></a>"),
    "open attributes": many("<p a='"),
    "one long tag": lambda size: Page("https://a.test/", 200, [], "<p " + "a=b " * (size // 4)),
    "one long attribute": lambda size: Page(
        "https://a.test/", 200, [], "<p class='" + "wp-content " * (size // 11) + "'>"
    ),
    "open comments": many("<!-- "),
    "comments": many("<!---->"),
    "NULs": many("\x00"),
    "surrogates": many("\udcff<p>"),
    "entities": many("&amp;&#x;&no"),
    "scripts": many("<script>var a=1;</script>"),
    "script addresses": many("<script src='https://js.stripe.com/v3/'></script>"),
    "text areas in scripts": many("<textarea><script>"),
    "open script comments": lambda size: Page(
        "https://a.test/", 200, [], "<script>" + " /* fbq('init', '1')" * (size // 20)
    ),
    "script comments": lambda size: Page(
        "https://a.test/", 200, [], "<script>" + "// fbq('init', '1')\n" * (size // 20)
    ),
    "commented snippets that match": lambda size: Page(
        "https://a.test/", 200, [], "<script>/* " + "fbq('init', '123456789012345');" * (size // 31) + "*/</script>"
    ),
    "generator comments in a text area": lambda size: Page(
        "https://a.test/", 200, [], "<textarea>" + "<!-- This is Squarespace. -->" * (size // 29) + "</textarea>"
    ),
    "metas": many("<meta name=generator content='WordPress 6'>"),
    "links": many("<a href='/contact?x=1'>Contact</a>"),
    "style sheets": many("<link rel=stylesheet href=/wp-content/themes/x/style.css>"),
    "cookies": lambda size: Page(
        "https://a.test/", 200, [("set-cookie", f"_ga_{n}=GS1.1") for n in range(size // 14)], ""
    ),
    "headers": lambda size: Page("https://a.test/", 200, [("server", "nginx/1.2")] * (size // 9), ""),
    "almost a snippet": many("gtag('config', '"),
    "blanks": many(" \n\t"),
}
SIZES = (40_000, 80_000, 160_000, 320_000)


@pytest.mark.parametrize("family", HOSTILE)
def test_time_is_linear_in_the_page(family):
    """Eight times the page takes eight times as long, for a quadratic way sixty-four times."""
    assert_linear(lambda size: analyse(HOSTILE[family](size)), small=SIZES[0], times=8, at_most=24)


class Steps:
    """Counts the probes that are tried: work, which no clock disturbs."""

    def __init__(self, monkeypatch):
        self.tried = 0
        real = engine._confirm

        def confirm(*arguments):
            self.tried += 1
            return real(*arguments)

        monkeypatch.setattr(engine, "_confirm", confirm)


@pytest.mark.parametrize("family", HOSTILE)
def test_probes_are_tried_once_a_text_and_not_once_an_occurrence(family, monkeypatch):
    steps = Steps(monkeypatch)
    counts = []
    for size in SIZES:
        steps.tried = 0
        look_at(HOSTILE[family](size), default_matcher())
        counts.append(steps.tried)
    bounded = {"cookies"}  # each has a name of its own, and a probe asks for the beginning of names
    assert counts[-1] <= (9 * counts[0] if family in bounded else counts[0] + 40), counts


@pytest.mark.parametrize("find", [comments, raw_text])
def test_quotations_are_found_apart_and_in_order(find):
    text = b" /* a */ // b\n<script></script><textarea>/*</textarea> /* " * 200
    spans = list(find(text))
    assert spans
    assert all(start < end or find is raw_text for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_deep_nesting_ends():
    page = Page("https://a.test/", 200, [], "<div>" * DEPTH + "<p>wp-content</p>")
    _, report = analyse(page)
    assert report.technical.complete


def test_when_time_is_up_the_report_is_partial_and_says_so(monkeypatch):
    case = saved("sites")["savonnerie"]
    matcher = default_matcher()
    whole = look_at(case.page(), matcher)
    assert whole.complete
    clock = iter(range(10_000))
    monkeypatch.setattr(engine.time, "thread_time", lambda: next(clock) * engine.TIME_LIMIT / 20)
    part = look_at(case.page(), matcher)  # twenty looks at the clock, then the time is up
    monkeypatch.undo()
    assert not part.complete
    assert 0 < len(part.hits) < len(whole.hits)
    assert set(part.hits) <= set(whole.hits)
    columns, report = conclude(part, matcher)
    assert not report.technical.complete
    assert report.categories
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    assert set(columns) == {"tech_cms", "tech_analytics", "tech_ads_pixels"}
