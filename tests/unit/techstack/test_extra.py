"""A set in the Wappalyzer format beside our own rules; the one used here was written for this test."""

from __future__ import annotations

import json

import pytest

from services.techstack.columns import flat_columns
from services.techstack.detect import detect
from services.techstack.engine import Matcher, fastest_prefilter
from services.techstack.evidence import PageEvidence
from services.techstack.extra import Skipped, extend
from services.techstack.fallback import LiteralFilter
from services.techstack.rules import RuleError, default_rules
from tests.unit.techstack.saved import GOLDEN

SET = GOLDEN / "extra"
EXTENDED = extend(default_rules(), SET)
MATCHERS = [Matcher(EXTENDED.rules, fastest_prefilter()), Matcher(EXTENDED.rules, LiteralFilter)]


@pytest.fixture(params=MATCHERS, ids=["hyperscan", "literals"])
def found(request):
    def run(**page):
        return {one.slug: one for one in detect(PageEvidence(**({"url": "https://a.example/"} | page)), request.param)}

    return run


@pytest.mark.parametrize(
    ("page", "version"),
    [
        ({"cookies": {"Atoll_Session": "1"}}, None),
        ({"cookies": {"atoll_v": "v3.1"}}, "3.1"),
        ({"headers": {"x-atoll": ["Atoll/2.4.1"]}}, "2.4.1"),
        ({"meta": {"generator": ["Atoll 2.4"]}}, "2.4"),
        ({"meta": {"generator": ["Atoll"]}}, None),
        ({"html": "<p><!-- Atoll page --></p>"}, None),
        ({"scripts": ["https://a.example/atoll-2.1.js"]}, "2.1"),
        ({"inline_scripts": ["x(); Atoll.boot({})"]}, None),
        ({"url": "https://zoe.atoll.example/"}, None),
        ({"html": "<footer>Built with <b>Nothing</b></footer>", "read": lambda: "Built with Atoll"}, None),
    ],
)
def test_every_field_is_looked_at(found, page, version):
    technologies = found(**page)
    # The pattern of `text` with an accent is left out: it would mean something else in bytes.
    if "read" in page:
        assert technologies == {}
        return
    assert set(technologies) == {"atoll_cms", "php", "atoll_db"}
    assert technologies["atoll_cms"].version == version


def test_text_is_what_a_visitor_reads(tmp_path, found):
    entry = {"Lagon": {"cats": [1], "text": "Built with Lagon ([\\d.]+)\\;version:\\1"}}
    (tmp_path / "technologies.json").write_text(json.dumps(entry), "utf-8")
    (tmp_path / "categories.json").write_text('{"1": {"name": "CMS"}}', "utf-8")
    matcher = Matcher(extend(default_rules(), tmp_path / "technologies.json").rules, fastest_prefilter())
    page = PageEvidence(url="https://a.example/", html="<p>Built with <b>Lagon 3.2</b></p>")
    assert [(one.slug, one.version) for one in detect(page, matcher)] == [("lagon", "3.2")]
    hidden = PageEvidence(url="https://a.example/", html="<!-- Built with Lagon 3.2 --><p>Bonjour</p>")
    assert detect(hidden, matcher) == []


def test_confidence_of_patterns_and_implications(found):
    technologies = found(headers={"x-atoll": ["Atoll/2"]})
    assert (technologies["atoll_db"].confidence, technologies["atoll_db"].implied_by) == (60, ("atoll_cms",))
    assert found(scripts=["https://a.example/atoll.js"])["atoll_cms"].confidence == 50


def test_css_js_and_dns_are_ignored(found):
    assert found(html="<style>.atoll-block{}</style><script>Atoll.version='2.1'</script>") == {}


def test_requirements(found):
    shop = '<div class="atoll-shop"></div><section class="atoll-theme"></section>'
    assert set(found(html=shop)) == set()
    assert set(found(html=shop + "<!-- Atoll page -->")) == {
        "atoll_cms",
        "atoll_db",
        "atoll_shop",
        "atoll_theme",
        "php",
    }
    assert set(found(html=shop, cookies={"kirby_session": "1"})) == {"kirby", "php", "atoll_theme"}


@pytest.mark.parametrize(
    ("html", "version"),
    [
        ('<script data-banquise="bq-12"></script>', "12"),
        ('<footer class="banquise">Audience mesuré par Banquise</footer>', None),
        ('<div class="banquise-beacon"></div>', None),
    ],
)
def test_dom_as_a_table(found, html, version):
    # `text` with an accent is left out; see above.
    technologies = found(html=html)
    if "mesur" in html:
        assert technologies == {}
    else:
        assert technologies["banquise_analytics"].version == version


def test_dom_properties_need_a_browser(found):
    assert found(html='<span class="banquise-live"></span>') == {}


@pytest.mark.parametrize("html", ['<img class="banquise">', "<iframe src='https://banquise.example/x'></iframe>"])
def test_dom_as_a_list_of_tables(found, html):
    assert set(found(html=html)) == {"banquise_pixel"}
    assert found(html="<iframe src='https://no-banquise.example/x'></iframe>") == {}


def test_excludes(found):
    legacy = {"scripts": ["https://a.example/banquise-legacy.js"]}
    assert set(found(**legacy)) == {"banquise_legacy"}
    assert set(found(**legacy, html='<div class="banquise-beacon"></div>')) == {"banquise_analytics"}


def test_the_columns_know_what_was_added(found):
    page = {"html": '<div class="banquise-beacon"></div><img class="banquise"><!-- Atoll page -->'}
    columns = flat_columns(list(found(**page, cookies={"_fbp": "1"}).values()))
    assert columns == {
        "tech_cms": "atoll_cms",
        "tech_analytics": "banquise_analytics",
        "tech_ads_pixels": "meta, banquise_pixel",
    }


def test_ours_win_by_slug_name_and_alias():
    assert EXTENDED.rules.technologies["wordpress"] == default_rules().technologies["wordpress"]
    assert {"vue_js", "facebook_pixel"}.isdisjoint(EXTENDED.rules.technologies)
    assert EXTENDED.skipped.known == 3


def test_a_ring_of_implications_is_opened(found):
    assert set(found(inline_scripts=["RingA.start()"])) | set(found(inline_scripts=["RingB.start()"])) == {
        "ring_a",
        "ring_b",
    }


def test_the_good_patterns_of_a_bad_entry_stay(found):
    assert set(found(html="<!-- unsafe but not here -->")) == {"unsafe"}
    assert set(found(html='<p class="unsafe">')) == {"unsafe"}


def test_what_is_left_out_is_counted():
    # Two texts with accents, a ring, two links to nowhere, a nested repeat, an open group, a bad selector.
    assert EXTENDED.skipped == Skipped(known=3, entries=4, patterns=8)
    assert EXTENDED.added == 10


def test_categories_that_are_like_none_of_ours_are_added():
    assert EXTENDED.rules.categories["smart_fridges"].label.en == "Smart fridges"
    assert list(EXTENDED.rules.categories)[:-1] == list(default_rules().categories)
    assert EXTENDED.rules.technologies["banquise_pixel"].categories == ("ads", "ad_network")


def test_an_old_set_is_one_file_with_both_parts(tmp_path):
    path = tmp_path / "apps.json"
    path.write_text(
        '{"categories": {"1": {"name": "CMS"}}, "apps": {"Récif": {"cats": [1], "html": "<!-- recif -->"}}}'
    )
    extended = extend(default_rules(), path)
    assert (extended.added, extended.skipped) == (1, Skipped())
    assert extended.rules.technologies["recif"].categories == ("cms",)


@pytest.mark.parametrize("content", ["[]", "{", "3", '"a"', ""])
def test_a_file_that_is_no_set_is_refused(tmp_path, content):
    (tmp_path / "technologies.json").write_text(content)
    with pytest.raises(RuleError, match=r"technologies\.json"):
        extend(default_rules(), tmp_path)


def test_nothing_there_is_refused(tmp_path):
    with pytest.raises(RuleError, match="no file with technologies"):
        extend(default_rules(), tmp_path)
    with pytest.raises(RuleError, match="no file with technologies"):
        extend(default_rules(), tmp_path / "technologies.json")
