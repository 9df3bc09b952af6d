"""What both detectors say of generated pages and of look-alikes is true, or explained. The peer's answers are stored."""

from __future__ import annotations

import msgspec
import pytest

from tests.accuracy.corpus import generated_pages, lookalike_pages
from tests.accuracy.corpus_section import asked_pages, generated_tallies, lookalike_tallies
from tests.accuracy.explanations import Difference, Pages, differences, explanation_of, explanations
from tests.accuracy.peer_answers import stored, unanswered
from tests.accuracy.report import DOC, Tallies, figures, row

SETS: list[Pages] = ["corpus", "lookalikes"]


def tallies(of: Pages) -> Tallies:
    return generated_tallies() if of == "corpus" else lookalike_tallies()


def all_differences(of: Pages) -> list[Difference]:
    return [one for who, counted in tallies(of).items() for one in differences(who, counted)]


def test_there_are_enough():
    assert len(generated_pages()) >= 300
    assert len(lookalike_pages()) >= 40


def test_the_peer_has_answered_for_every_page_as_it_is():
    """Else: `make accuracy`, which asks about those that are new."""
    assert sorted(unanswered(asked_pages())) == []
    assert stored().keys() == asked_pages().keys()


def test_a_changed_page_is_asked_about_again():
    name, page = next(iter(asked_pages().items()))
    assert unanswered({name: page}) == {}
    changed = msgspec.structs.replace(page, body=page.body + b" ")
    assert unanswered({name: changed}) == {name: changed}


@pytest.mark.parametrize("of", SETS)
def test_every_difference_is_explained(of):
    assert [one for one in all_differences(of) if explanation_of(one, of) is None] == []


@pytest.mark.parametrize("of", SETS)
def test_no_explanation_is_stale(of):
    """Each explains a difference in every technology and for every detector that it names."""
    reasons = [(explanation_of(one, of), one) for one in all_differences(of)]
    used = {(reason.why, who, name) for reason, (who, _, _, name) in reasons if reason}
    named = {(one.why, who, name) for one in explanations(of) for who in one.who for name in one.technologies}
    assert sorted(named - used) == []


@pytest.mark.parametrize("of", SETS)
def test_ours_says_nothing_that_is_not_there(of):
    assert tallies(of)["ours"].wrong == frozenset()


def test_ours_finds_all_that_was_put_in():
    """What it misses only follows from something else."""
    put_in = {(name, slug) for name, one in generated_pages().items() for slug in one.put_in}
    assert tallies("corpus")["ours"].missed & put_in == set()


def test_the_report_has_the_figures_of_today():
    text = DOC.read_text("utf-8")
    rows = [row(figures(counted)) for of in SETS for counted in tallies(of).values()]
    assert [one for one in rows if one.removeprefix("|") not in text] == []
