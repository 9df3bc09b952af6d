"""Every technology is found on a page it runs, and on pages that only speak of it nothing is."""

from __future__ import annotations

import pytest

from services.techstack.detect import analyse, detect
from services.techstack.rules import default_rules
from tests.unit.techstack.saved import saved


def test_every_technology_has_a_golden_page():
    assert set(saved("positive")) == set(default_rules().technologies)
    assert len(saved("positive")) >= 130
    assert len(saved("negative")) >= 25


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
    columns, report = analyse(case.page())
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
