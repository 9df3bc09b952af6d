"""legal_mentions on its golden cases, on hostile pages and on large ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.legal_mentions.extract import extract
from tests.golden.cases import load
from tests.golden.scoring import differences
from tests.unit.legal.hostile import assert_linear, pages, soup

CASES = load("legal_mentions")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finds_what_is_there_and_nothing_else(case):
    found = extract(case.site(), **case.given)
    assert list(found) == load_manifests()["legal_mentions"].columns
    assert not differences(case, found)


def test_the_same_pages_give_the_same_answer():
    for case in CASES:
        assert extract(case.site(), **case.given) == extract(case.site(), **case.given)


def test_there_are_enough_cases_and_half_are_traps():
    assert len(CASES) >= 40
    assert sum(case.trap for case in CASES) >= len(CASES) * 0.4


@settings(max_examples=60, deadline=None)
@given(st.lists(soup, min_size=1, max_size=3))
def test_no_page_raises(texts):
    assert list(extract(pages(texts))) == load_manifests()["legal_mentions"].columns


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["prose", "numbers", "labels", "capitals", "digits", "spaces", "tags"])
def test_time_is_linear_in_the_page(kind):
    assert_linear(extract, kind)
