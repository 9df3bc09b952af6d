"""The bitmap is a set of small integers."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from shared.job import bitmap

indexes = st.sets(st.integers(0, 10_000), max_size=60)


@given(indexes, st.integers(0, 12_000))
def test_contains_what_was_added_and_nothing_else(members, probe):
    bits = reduce(bitmap.add, members, bitmap.EMPTY)
    assert all(bitmap.contains(bits, index) for index in members)
    assert bitmap.contains(bits, probe) == (probe in members)


@given(st.lists(st.integers(0, 300), max_size=40), st.randoms())
def test_order_and_repetition_do_not_matter(members, random):
    shuffled = members * 2
    random.shuffle(shuffled)
    assert reduce(bitmap.add, members, bitmap.EMPTY) == reduce(bitmap.add, shuffled, bitmap.EMPTY)


@given(indexes, st.integers(0, 200))
def test_missing_is_the_complement_in_order(members, total):
    bits = reduce(bitmap.add, members, bitmap.EMPTY)
    assert list(bitmap.missing(bits, total)) == [index for index in range(total) if index not in members]


def test_ten_thousand_items_cost_1250_bytes():
    assert len(bitmap.add(bitmap.EMPTY, 9_999)) == 1_250


def test_adding_changes_no_other_set():
    before = bitmap.add(bitmap.EMPTY, 3)
    bitmap.add(before, 4)
    assert not bitmap.contains(before, 4)
