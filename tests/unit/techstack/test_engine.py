"""The matcher's edges: limits, threads, where things are looked for."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.techstack import engine
from services.techstack.detect import detect
from services.techstack.engine import Matcher, default_matcher, fastest_prefilter
from services.techstack.evidence import PageEvidence
from services.techstack.fallback import LiteralFilter
from services.techstack.hyperscan_filter import HyperscanFilter
from services.techstack.rules import RULES, load_rules
from tests.timing import assert_within
from tests.unit.techstack.saved import saved

WORDPRESS = '<meta name="x"><link rel="stylesheet" href="/wp-content/themes/x/style.css">'


def slugs(**page):
    return {one.slug for one in detect(PageEvidence(url="https://a.example/", **page))}


def build(tmp_path, rule, prefilter=HyperscanFilter):
    (tmp_path / "categories.toml").write_text((RULES / "categories.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "rules.toml").write_text(rule, "utf-8")
    return Matcher(load_rules(tmp_path), prefilter)


def test_nothing_is_found_on_nothing():
    assert slugs() == set()


def test_one_matcher_for_all_threads():
    cases = [*saved("positive").values()] * 3
    expected = [[one.slug for one in detect(case.evidence())] for case in cases]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda case: [one.slug for one in detect(case.evidence())], cases))
        matchers = set(pool.map(lambda _: id(default_matcher()), range(50)))
    assert found == expected
    assert len(matchers) == 1


def test_without_hyperscan_the_fallback_serves(monkeypatch):
    assert fastest_prefilter() is HyperscanFilter
    monkeypatch.setitem(sys.modules, "services.techstack.hyperscan_filter", None)  # its import fails
    assert fastest_prefilter() is LiteralFilter


def test_names_of_headers_and_cookies_have_no_case():
    assert "php" in slugs(headers={"X-Powered-By": ["PHP/8.2"]})
    assert "php" in slugs(cookies={"phpsessid": "1"})
    assert "hotjar" in slugs(cookies={"_hjSessionUser_123": "1"})
    assert slugs(cookies={"my_hjSessionUser_123": "1"}) == set()


def test_every_value_of_a_header_is_tried():
    assert "wordpress" in slugs(
        headers={"link": ["</a.css>; rel=preload", '<https://a.example/wp-json/>; rel="https://api.w.org/"']}
    )


def test_script_urls_stand_alone(tmp_path):
    rule = "[one]\nname='One'\ncategories=['cms']\nwebsite='https://one.example'\nscriptSrc=['^https://one\\.example/a\\.js$']"
    urls = ["https://x.example/b.js", "https://one.example/a.js", "https://y.example/c.js"]
    for prefilter in (HyperscanFilter, LiteralFilter):
        found = detect(PageEvidence(url="https://a.example/", scripts=urls), build(tmp_path, rule, prefilter))
        assert [hit.matched for hit in found[0].evidence] == [urls[1]]


def test_a_version_is_looked_for_in_later_scripts():
    urls = ["/js/jquery.min.js", "/js/jquery-3.7.1.min.js"]
    (jquery,) = detect(PageEvidence(url="https://a.example/", scripts=urls))
    assert jquery.version == "3.7.1"


def test_elements_give_text_and_attributes(tmp_path):
    rule = (
        "[one]\nname='One'\ncategories=['cms']\nwebsite='https://one.example'\n"
        "dom={'footer.credits'={text='Powered by One ([\\d.]+)\\;version:\\1'},'[data-one]'={attributes={data-one='^yes$'}}}"
    )
    matcher = build(tmp_path, rule)
    html = '<footer class="credits">no</footer><footer class="credits">Powered by One 2.1</footer><p data-one="no">'
    (one,) = detect(PageEvidence(url="https://a.example/", html=html), matcher)
    assert (one.version, [hit.where for hit in one.evidence]) == ("2.1", ["dom"])
    assert detect(PageEvidence(url="https://a.example/", html='<p data-one="no">'), matcher) == []
    assert len(detect(PageEvidence(url="https://a.example/", html='<p data-one="yes">'), matcher)) == 1


def test_the_tree_is_not_built_for_nothing():
    def never():
        raise AssertionError("parsed")

    assert slugs(html="<p>Bonjour</p>" * 1000, parse=never) == set()


def test_data_blocks_are_no_scripts():
    snippet = "fbq('init', '123456789012345')"
    assert slugs(inline_scripts=[snippet]) == {"meta"}
    assert slugs(inline_scripts=['{"body": "' + snippet + '"}', ' [{"a": "' + snippet + '"}] ']) == set()
    assert slugs(inline_scripts=["{ " + snippet + " }"]) == {"meta"}


def test_bodies_are_capped(monkeypatch):
    monkeypatch.setattr(engine, "MAX_HTML_BYTES", 1000)
    assert slugs(html=WORDPRESS + " " * 1000) == {"wordpress", "php"}
    assert slugs(html=" " * 1000 + WORDPRESS) == set()


def test_time_ends_and_what_was_found_stays():
    page = saved("sites")["savonnerie"].evidence()
    stopped = default_matcher().match(page, time_limit=0)
    assert not stopped.complete
    assert len(stopped.hits) < len(default_matcher().match(page).hits)


@pytest.mark.parametrize(
    "unit",
    [
        "<script ",
        "<!-- ",
        "/wp-content/",
        "gtag('config', ",
        "<link rel=stylesheet href=",
        "googletagmanager.com/gtag/js?id=G-",
        "\udcff",
        "é",
    ],
)
def test_hostile_pages_take_bounded_time(unit):
    text = unit * (2_000_000 // len(unit))
    page = PageEvidence(
        url="https://a.example/" + text,
        html=text,
        inline_scripts=[text],
        scripts=[text] * 1000,
        meta={"generator": [text]},
    )
    assert_within(5, lambda: default_matcher().match(page))
