"""The index of unique places agrees with a plain dictionary."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shared.job.places import Finder, PlaceIndex

finds = st.lists(
    st.tuples(
        st.lists(st.integers(0, 40).map("osm:node/{}".format), max_size=6),
        st.builds(Finder, st.integers(0, 19), st.integers(0, 70_000), st.integers(0, 49)),
    ),
    max_size=30,
)


@given(finds)
def test_each_place_counts_once_for_its_first_finder(found):
    index, counts, first = PlaceIndex(), Counter(), {}
    for ids, finder in found:
        index, gained, lost = index.note(ids, finder)
        counts[finder] += gained
        counts.subtract(lost)
        for place in ids:
            first[place] = min(first.get(place, finder), finder)
    assert index.size == len(first)
    assert +counts == Counter(first.values())


def test_the_index_before_is_untouched():
    empty = PlaceIndex()
    one, gained, lost = empty.note(["a", "a", "b"], Finder(1, 1, 0))
    assert (empty.size, one.size, gained, lost) == (0, 2, 2, [])
    assert one.note(["a"], Finder(1, 1, 0)) == (one, 0, [])
    two, gained, lost = one.note(["a"], Finder(0, 5, 2))
    assert (two.size, gained, lost) == (2, 1, [Finder(1, 1, 0)])


def test_a_hundred_thousand_places_take_fourteen_bytes_each():
    index = PlaceIndex()
    for start in range(0, 100_000, 50):
        index, _, _ = index.note((f"osm:node/{number}" for number in range(start, start + 50)), Finder(0, start, 0))
    assert index.size == 100_000
    assert sum(map(len, index.buckets)) == 14 * 100_000
