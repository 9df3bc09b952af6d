"""A cue finds what its expression finds; literals are found whatever their case and wherever they stand."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.cues import Cue, CueSet
from shared.web.literals import _SLICE, Literals, lowered

_PATTERNS = [r"(?<![\w-])capital(?![\w-])", r"la (?:cnil|cible)|cnil", r"r\.? ?c\.? ?s\b", r"(?:un|une) lien|lien"]
_WORDS = st.sampled_from(
    ["capital", "-", "la ", "cnil", "cible", "r.c.s", "r c s", "rcs", "s", "un", "e ", "lien", " ", ".", "é", "€", "\n"]
)


@pytest.mark.parametrize("pattern", _PATTERNS)
@given(words=st.lists(_WORDS, max_size=30))
def test_a_cue_matches_as_its_expression(pattern, words):
    text = "".join(words)
    plain = [match.span() for match in re.finditer(pattern, text)]
    assert [match.span() for match in Cue(pattern).finditer(text)] == plain
    first = Cue(pattern).search(text)
    assert (first.span() if first else None) == next(iter(plain), None)


@given(words=st.lists(st.lists(_WORDS, max_size=30), min_size=2, max_size=3))
def test_cues_of_one_set_match_as_each_by_itself(words):
    among = CueSet()
    together = [Cue(pattern, among) for pattern in _PATTERNS]
    for text in map("".join, words):
        for pattern, cue in zip(_PATTERNS, together, strict=True):
            assert [match.span() for match in cue.finditer(text)] == [one.span() for one in re.finditer(pattern, text)]


def test_a_cue_that_may_begin_with_anything_is_refused():
    with pytest.raises(ValueError, match="anything"):
        Cue(r"\w+ capital")


def test_literals_are_found_in_any_case_and_where_they_overlap():
    text = lowered("é MailTo: DATA-mailto-token=")
    found = {(word, text[start:end].decode()) for word, start, end in Literals(["mailto", "data-mailto"]).within(text)}
    assert found == {("mailto", "mailto"), ("data-mailto", "data-mailto")}


@pytest.mark.parametrize("before", range(_SLICE - 8, _SLICE + 3))
def test_literals_are_found_across_seams(before):
    text = lowered("x" * before + "cfemail" + "x" * _SLICE)
    assert {(start, end) for _, start, end in Literals(["cfemail"]).within(text)} == {(before, before + 7)}
