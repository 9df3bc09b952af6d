"""dead_check on its golden cases, on pages that are alive, and on pages nobody would write."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.dead_check.judge import judge
from services.dead_check.look import Look, Reason, Visit
from services.dead_check.signatures import families
from services.dead_check.visit import addresses
from tests.accuracy.pages import saved
from tests.timing import assert_linear
from tests.unit.dead_check.cases import SITE, answer, cases
from tests.world.corpus import corpus

NOBODY_BEGAN = {"apache", "nginx", "caddy", "h2o", "mini-httpd", "tomcat", "jetty", "runserver"}
"""Saved pages that truly are what a server or a framework shows before there is a site."""
COLUMNS = load_manifests()["dead_check"].columns
STATES = {"open", "closed", "uncertain"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_golden(case):
    found = judge(case.look())
    assert list(found) == COLUMNS
    assert {name: value for name, value in found.items() if value is not None} == case.columns


def test_half_of_the_cases_are_traps_and_none_is_closed():
    traps = [case for case in cases() if case.trap]
    assert len(cases()) >= 80
    assert 2 * len(traps) >= len(cases())
    assert all(case.columns["site_alive"] != "closed" for case in traps)
    assert len({case.name for case in cases()}) == len(cases())


def test_every_family_is_shown_and_every_reason_is_a_word_of_the_vocabulary():
    shown = {case.columns["site_alive_reason"] for case in cases()}
    assert shown >= {family.reason for family in families()}
    assert shown <= set(get_args(Reason))


def look(url, headers, body, status=200):
    return Look([Visit(asked=url, response=answer(url, url, status, dict(headers), body))])


def test_pages_of_the_corpus_are_open():
    wrong = [
        page.name
        for page in corpus(1020, seed=5, mean_bytes=8000)
        if judge(look(page.url, page.headers, page.body))["site_alive"] != "open"
    ]
    assert not wrong


def test_pages_of_real_software_are_open():
    closed = {
        name
        for name, page in saved().items()
        if judge(look(page.url, page.headers, page.body, page.status))["site_alive"] != "open"
    }
    assert closed == NOBODY_BEGAN


@pytest.mark.parametrize("page", [*corpus(34, seed=8, mean_bytes=6000)], ids=lambda page: page.name)
@pytest.mark.parametrize(
    "words",
    ["Ce nom de domaine est à vendre", "Account Suspended", "Welcome to nginx!", "Site en construction", "It works!"],
)
def test_a_live_page_that_quotes_dead_ones_is_not_closed(page, words):
    html = page.page().html
    quoted = html.replace("</h1>", f"</h1><p>{words}</p>", 1)
    found = judge(look(page.url, [("content-type", "text/html; charset=utf-8")], quoted.encode()))
    assert found["site_alive"] != "closed"


@pytest.mark.parametrize(
    ("site", "asked"),
    [
        ("x.fr", ["https://x.fr/", "http://x.fr/", "https://www.x.fr/", "http://www.x.fr/"]),
        (
            "http://www.x.fr/a?b",
            ["http://www.x.fr/a?b", "https://www.x.fr/", "http://www.x.fr/", "https://x.fr/", "http://x.fr/"],
        ),
        ("shop.x.fr", ["https://shop.x.fr/", "http://shop.x.fr/"]),
        ("x.fr?b=1", ["https://x.fr/?b=1", "https://x.fr/", "http://x.fr/", "https://www.x.fr/", "http://www.x.fr/"]),
        ("https://[2001:db8::1]:8443", ["https://[2001:db8::1]:8443/", "http://[2001:db8::1]:8443/"]),
    ],
)
def test_addresses(site, asked):
    assert addresses(site) == asked


WORDS = [
    one for family in families() for s in family.signature for one in (*s.text, *s.title, *s.script, *s.source, *s.link)
]
MARKUP = [
    *(
        "<p>",
        "</p>",
        "<title>",
        "</title>",
        "<script src='",
        "'>",
        "<script>",
        "</script>",
        "<iframe src='//",
        "<a href='",
    ),
    *(
        "<meta http-equiv=refresh content='0;url=",
        "<",
        "&",
        "\x00",
        "é",
        "<svg>",
        "https://",
        "tel:",
        "@",
        "İ",
        " " * 50,
    ),
]
pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(MARKUP), st.text(max_size=6)), max_size=30).map(
    "".join
)
urls = st.sampled_from(
    [SITE, "https://[::1]:99999/", "http://xn--a.test/é", "https://sedo.com/?a", "https://a/" + "x" * 3000, ""]
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(urls, urls, st.sampled_from([200, 204, 301, 403, 404, 410, 429, 500, 503, 599, 999]), pieces, st.integers(1, 50))
def test_whatever_is_sent_is_judged(asked, url, status, html, times):
    body = (html * times)[:50_000].encode("utf-8", "replace")
    found = judge(Look([Visit(asked=asked, response=answer(asked, url, status, {}, body))]))
    assert found["site_alive"] in STATES
    assert found["site_alive_reason"] in get_args(Reason)


GROWING = [
    "<a href='https://a.test/",
    "<script src='https://caf.js'>",
    "06 12 34 56 ",
    "0" * 9,
    "a.a+a-",
    "a@a-",
    "<meta http-equiv=refresh content='url = url='>",
    "this domain is ",
    "<img src=x>",
    "url = ",
]


@pytest.mark.parametrize("piece", GROWING)
def test_time_grows_with_the_page(piece):
    def run(size):
        judge(look(SITE, [], (piece * (size // len(piece))).encode()))

    assert_linear(run, small=50_000, times=8, at_most=30)
