"""Hostile pages and containers: an answer always, in time that grows with the page and no faster."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.ads_intelligence.extract import extract
from shared.web.page import Page
from shared.web.site_pages import SitePage
from tests.timing import assert_linear

PARTS = [
    *(
        "<script>",
        "</script>",
        "<script src='",
        "<script type='text/plain'>",
        "<!--",
        "-->",
        "/*",
        "*/",
        "//",
        "\n",
        "'",
        '"',
        ">",
        "<",
        "\x00",
    ),
    *(
        "fbq('init','486120937551204')",
        "AW-1023847561",
        "GTM-W7K3XPQ",
        "https://connect.facebook.net/en_US/fbevents.js",
        "\\/",
        "\\u0000",
    ),
    *(
        "<noscript>",
        "<img src=",
        "<iframe data-src=",
        "https://[::1",
        "http://%00/",
        "//",
        "ß",
        "\ud800",
        "é" * 9,
        "G-K3X9TQ71BD",
    ),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["__html", "macro", "template", "__c", "vtp_html"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["tags", "macros", "function", "vtp_x"]), inner)
    ),
    max_leaves=20,
)


def found_on(html, containers=()):
    return extract([SitePage("home", Page("https://exemple.fr/", 200, [], html))], containers)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=8), max_size=60).map("".join))
def test_any_page_has_an_answer(html):
    found = found_on(html, [html])
    assert list(found) == load_manifests()["ads_intelligence"].columns
    assert 0 <= found["ads_score"] <= 100


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_any_container_has_an_answer(value):
    found_on("", [f"var data = {json.dumps({'resource': value})};", f"var data = {json.dumps(value)}"])


@pytest.mark.parametrize(
    "atom",
    [
        "/*",
        "//",
        "*/",
        "\n//",
        "'//a.fr/",
        "fbq(",
        "AW-",
        "fbq('init', ",
        "gtag/js?",
        "_tfa",
        ";/* */",
        "\\/",
        "https://a.b",
        "window.",
        "(",
        "  ",
    ],
)
def test_time_grows_with_the_page(atom):
    def run(size):
        found_on(f"<script>{atom * (size // len(atom))}</script>")

    assert_linear(run, small=100_000, times=8, at_most=30)
