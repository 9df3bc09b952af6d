"""Every technology is found on a page it runs, and on pages that only speak of it nothing is."""

from __future__ import annotations

from html import unescape

import msgspec
import pytest

from services.techstack.detect import analyse, detect
from services.techstack.report import Report
from services.techstack.rules import default_rules
from tests.unit.techstack.saved import GOLDEN, saved


def test_every_technology_has_a_golden_page():
    assert set(saved("positive")) == set(default_rules().technologies)
    assert len(saved("positive")) >= 470


def test_every_technology_has_a_look_alike():
    tempted = [slug for case in saved("negative").values() for slug in case.tempts]
    assert set(default_rules().technologies) == set(tempted)


@pytest.mark.parametrize("name", [name for name, case in saved("negative").items() if case.tempts])
def test_a_look_alike_does_tempt(name):
    """For each technology it names, the page has its product's name, its vendor's site or a word of its rule."""
    case = saved("negative")[name]
    seen = unescape(f"{case.url} {case.html} {case.headers} {case.cookies}").lower()
    for slug in case.tempts:
        technology = default_rules().technologies[slug]
        words = {technology.name, technology.website.removeprefix("https://")}
        words |= {literal.decode() for probe in technology.probes for literal in probe.pattern.literals}
        assert any(word.lower() in seen for word in words), slug


@pytest.mark.parametrize("name", saved("positive"))
def test_positive(name):
    case = saved("positive")[name]
    found = {one.slug: one for one in detect(case.evidence())}
    assert set(found) == set(case.expect)
    assert found[name].evidence, f"{name} is only implied on its own page"
    if case.version:
        assert found[name].version == case.version


@pytest.mark.parametrize("name", saved("negative"))
def test_look_alike(name):
    case = saved("negative")[name]
    assert [(one.slug, one.evidence) for one in detect(case.evidence())] == []


@pytest.mark.parametrize("name", saved("sites"))
def test_site(name):
    case = saved("sites")[name]
    columns, report = analyse(case.page(), scripts=case.scripts())
    found = {one.slug for category in report.categories for one in category.technologies}
    assert found == set(case.expect)
    assert {column: value for column, value in columns.items() if value is not None} == case.columns


@pytest.mark.parametrize("name", saved("positive"))
def test_tags_of_one_vendor_stay_apart(name):
    """No golden page of one product yields a flat column of another."""
    case = saved("positive")[name]
    columns, _ = analyse(case.page())
    for column in ("tech_analytics", "tech_ads_pixels"):
        assert set((columns[column] or "").split(", ")) - {""} <= set(case.expect)


@pytest.mark.parametrize("path", sorted((GOLDEN / "reports").glob("*.json")), ids=lambda path: path.stem)
def test_report(path):
    """The whole report, as it stands beside the row of a site."""
    case = saved("sites")[path.stem]
    _, report = analyse(case.page(), scripts=case.scripts())
    golden = msgspec.json.decode(path.read_bytes())
    assert msgspec.json.decode(msgspec.json.encode(report)) == golden
    assert msgspec.convert(golden, Report) == report


def test_there_are_golden_reports():
    assert {path.stem for path in (GOLDEN / "reports").glob("*.json")} >= {"fromagerie", "savonnerie", "dentiste"}
