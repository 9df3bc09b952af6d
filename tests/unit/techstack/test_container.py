"""What a Google Tag Manager container adds, and what it must not."""

from __future__ import annotations

import pytest

from services.techstack.container import container_evidence
from services.techstack.detect import analyse, detect
from shared.web.page import Page
from shared.web.tag_container import MAX_CONTAINERS, container_ids
from tests.unit.techstack.saved import saved

SITE = saved("sites")["fromagerie"]
CONTAINER = SITE.scripts()[0]


def page(body):
    return Page("https://a.example/", 200, [], f"<html><body>{body}</body></html>")


def lines(report):
    return {
        technology.slug: {line.via for line in technology.evidence}
        for category in report.categories
        for technology in category.technologies
    }


def test_what_tags_load_is_marked():
    _, report = analyse(SITE.page(), scripts=[CONTAINER])
    assert lines(report) == {slug: {None if slug == "gtm" else "gtm"} for slug in SITE.expect}
    assert report.technical.gtm_containers == 1


def test_without_its_container_the_page_shows_a_tag_manager_alone():
    columns, report = analyse(SITE.page())
    assert lines(report) == {"gtm": {None}}
    assert set(columns.values()) == {None}
    assert report.technical.gtm_containers == 0


def test_what_a_page_shows_itself_comes_first():
    shown = page("<script>fbq('init', '123456789012345');</script>" + SITE.html)
    _, report = analyse(shown, scripts=[CONTAINER])
    (meta,) = [t for c in report.categories for t in c.technologies if t.slug == "meta"]
    assert meta.evidence[0].via is None
    assert "gtm" in {line.via for line in meta.evidence}


def test_the_library_of_the_tag_manager_is_nobodys_pixel():
    library = CONTAINER.partition("var aa,")[2]
    assert {"bing_uet", "floodlight", "universal_analytics"}.isdisjoint(
        lines(analyse(SITE.page(), scripts=[CONTAINER])[1])
    )
    assert container_evidence(library) is None


def test_a_template_that_no_tag_uses_loads_nothing():
    evidence = container_evidence(CONTAINER)
    assert not any("sc-static.net" in url for url in evidence.scripts)


def test_tags_do_not_say_what_a_site_is_built_with():
    assert "wordpress" in {one.slug for one in detect(container_evidence(CONTAINER))}
    assert "wordpress" not in lines(analyse(SITE.page(), scripts=[CONTAINER])[1])


def test_constants_are_put_into_settings():
    assert "__googtag configSettingsTable= tagId=G-7QX1ZK3M2P" in container_evidence(CONTAINER).tags


@pytest.mark.parametrize(
    "script",
    [
        "",
        "<!doctype html><h1>404</h1>",
        "var data = {",
        "var data = {};",
        'var data = {"resource": 3};',
        'var data = {"resource": {"tags": [3]}};',
        'var data = {"resource": {"tags": {"a": 1}}};',
        'var data = {"resource": {"tags": [{"function": "__html", "vtp_html": ["escape"]}], "macros": 7}};',
        'var data = {"resource": {"tags": [{"function": "__cvt_1"}]}, "permissions": {"__cvt_1": 5}};',
        "var data = " + '{"resource":' * 3000,
        "var data = "
        '{"resource": {"tags": [{"function": "__html", "vtp_html": ' + '["escape",' * 900 + "1" + "]" * 900 + "}]}}",
    ],
)
def test_a_broken_container_is_left_alone(script):
    evidence = container_evidence(script)
    assert evidence is None or detect(evidence) == []
    columns, _ = analyse(SITE.page(), scripts=[script])
    assert set(columns.values()) == {None}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('<script async src="https://www.googletagmanager.com/gtm.js?id=GTM-AAAA1"></script>', ["GTM-AAAA1"]),
        ('<script>load("gtm.js"); x("GTM-AAAA1"); x("GTM-BBBB2"); x("GTM-AAAA1")</script>', ["GTM-AAAA1", "GTM-BBBB2"]),
        (
            '<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-CCCC3"></iframe></noscript>',
            ["GTM-CCCC3"],
        ),
        ("<script>tarteaucitron.user.googletagmanagerId = 'GTM-DDDD4';</script>", ["GTM-DDDD4"]),
        ("<p>GTM-AAAA1</p><script>var ref = 'GTM-BBBB2';</script>", []),
    ],
)
def test_which_containers_a_page_loads(body, names):
    assert container_ids(page(body)) == names


def test_of_many_containers_the_first_are_read():
    many = "".join(f'<script src="https://www.googletagmanager.com/gtm.js?id=GTM-AAAA{i}"></script>' for i in range(9))
    assert container_ids(page(many)) == ["GTM-AAAA0", "GTM-AAAA1"]
    assert len(container_ids(page(many))) == MAX_CONTAINERS


def test_a_page_without_the_tag_manager_asks_for_none():
    from services.techstack.detect import look_at
    from services.techstack.engine import default_matcher

    assert look_at(SITE.page(), default_matcher()).containers == ("GTM-5ABCD12",)
    commented = page("<!-- <script src='https://www.googletagmanager.com/gtm.js?id=GTM-AAAA1'></script> -->")
    assert look_at(commented, default_matcher()).containers == ()
