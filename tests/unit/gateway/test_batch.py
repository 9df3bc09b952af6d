"""Items in chunks: all of them, in order, none too large."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.batch import CHUNK_BYTES, chunks


@given(st.lists(st.integers(2, 65_536), max_size=60))
def test_chunks_hold_all_items_in_order_within_the_bound(sizes):
    items = [msgspec.Raw(b"x" * size) for size in sizes]
    made = chunks(items)
    assert [item for chunk in made for item in chunk.items] == items
    position = 0
    for chunk in made:
        assert chunk.first == position
        assert chunk.items
        assert sum(len(memoryview(item)) + 1 for item in chunk.items) <= CHUNK_BYTES
        position += len(chunk.items)


def test_the_largest_body_fits_one_atomic_batch():
    made = chunks([msgspec.Raw(b"x" * 65_536)] * 512)
    assert len(made) < 200
