"""What techstack says of real software is true, or the difference is explained. Needs no peer."""

from __future__ import annotations

import pytest

from tests.accuracy.explanations import differences, explanation_of, explanations
from tests.accuracy.names import canonical
from tests.accuracy.pages import PAGES, load, saved, sites
from tests.accuracy.real_section import our_tally
from tests.accuracy.report import DOC
from tests.accuracy.tally import tally


def test_every_difference_of_ours_is_explained():
    assert [one for one in differences("ours", our_tally()) if explanation_of(one, "real") is None] == []


def test_ours_says_nothing_that_is_not_there():
    assert our_tally().wrong == frozenset()


def test_no_explanation_of_ours_is_stale():
    """Each technology that only ours is excused for is still missed or wrong somewhere."""
    differing = {(kind, name) for _, kind, _, name in differences("ours", our_tally())}
    excused = {(one.kind, name) for one in explanations("real") if one.who == ["ours"] for name in one.technologies}
    assert excused - differing == set()


def test_every_site_has_a_page_and_every_page_a_site():
    assert {path.stem for path in PAGES.glob("*.http")} == set(sites())
    assert len(sites()) >= 40


@pytest.mark.parametrize("name", sites())
def test_a_page_is_one_that_the_module_would_read(name):
    page = load(name)
    assert page.status == 200
    assert page.software and all(" " in one for one in page.software), "name and version"
    assert page.page().tree.css_first("body, frameset, script, h1") is not None


def test_the_pages_stay_small():
    assert sum(path.stat().st_size for path in PAGES.iterdir()) < 3_000_000


def test_the_report_names_every_page():
    text = DOC.read_text("utf-8")
    assert [name for name in saved() if f"| {name} |" not in text] == []


def test_names_meet():
    assert canonical("WordPress") == "wordpress"
    assert canonical("TornadoServer") == "tornado"
    assert canonical("Priority Hints") == "Priority Hints"


def test_a_tally_counts_pairs():
    counted = tally({"a": {"x", "y"}, "b": set()}, {"a": {"x"}, "b": {"z"}})
    assert (counted.right, counted.wrong, counted.missed) == ({("a", "x")}, {("a", "y")}, {("b", "z")})
    assert (counted.precision, counted.recall) == (0.5, 0.5)
    assert counted.of(["b"]).missed == {("b", "z")} and counted.of(["b"]).wrong == frozenset()
    assert counted.among(["y"]).wrong == {("a", "y")} and counted.among(["y"]).right == frozenset()
