"""From zones to tiles: all that is unknown at once, each tile once, and nothing reckoned twice."""

import pytest

from services.gateway.tiling import Tiler
from shared.geography import Geography


@pytest.fixture(scope="module")
def geography():
    return Geography.load()


@pytest.fixture
def tiler(geography):
    return Tiler(geography)


def test_a_tile_belongs_to_the_first_zone_that_holds_it(tiler):
    whole, both = tiler.tile(["Paris"], finer=False), tiler.tile(["75015", "Paris"], finer=False)
    assert {tile for tile, _ in whole.tiles} == {tile for tile, _ in both.tiles}
    assert {zone for _, zone in both.tiles} == {0, 1}
    assert [tile for tile, zone in both.tiles if zone == 0] == [
        tile for tile, _ in tiler.tile(["75015"], finer=False).tiles
    ]


def test_every_unknown_zone_is_named_and_there_are_no_tiles(tiler):
    tiling = tiler.tile(["Xyzzyville", "Paris", "Plughbourg"], finer=False)
    assert not tiling.tiles
    assert [name in sentence for name, sentence in zip(("Xyzzyville", "Plughbourg"), tiling.unknown, strict=True)]


def test_the_same_question_is_reckoned_once(tiler):
    first = tiler.tile(["Lyon"], finer=False)
    assert tiler.tile(["Lyon"], finer=False) is first
    assert tiler.tile(["Lyon"], finer=True) is not first


def test_what_is_kept_is_bounded(tiler):
    first = tiler.tile(["Ouessant"], finer=False)
    for number in range(6):
        tiler.tile(["France", f"{75001 + number}"], finer=True)
    assert tiler.tile(["Ouessant"], finer=False) is not first
    assert sum(len(answer.tiles) for answer in tiler._answers.values()) <= 200_000
