"""What every module that searches a grid must do: the kit's promises, with tiles in place of rows."""

import itertools

import msgspec
import pytest

from contracts.manifest import load_manifests
from shared.geography.tile import tile_at
from tests.conformance.conftest import GRID_MODULES, INBOX_MODULES, MODULES
from tests.conformance.test_modules import TYPES

TILE = tile_at(47.3, 0.7, 2000)
ZONES = ["Loches", "Tours"]
QUERIES = ["restaurant", "dentiste", "coiffeur"]


def search(query="restaurant", tile=TILE.id, zone="Tours"):
    return {"query": query, "tile": tile, "zone": zone}


def options(**more):
    asked = {"queries": QUERIES, "zones": ZONES, "include_reviews": False, "extra_columns": [], "stop_at": None}
    return asked | {"scrap_mode": "normal"} | more


def test_every_module_is_held_to_one_of_the_suites():
    slugs = {spec.slug for spec in load_manifests().values() if not spec.coming_soon}
    assert {spec.slug for spec in [*MODULES, *GRID_MODULES, *INBOX_MODULES]} == slugs


async def test_rows_have_the_columns_asked_for_and_a_place_each(grid_bench):
    grid_bench.run()
    for number, wishes in enumerate(([], ["gps"], ["gps", "departement", "region"])):
        events = await grid_bench.outcome(*map(search, QUERIES), job=f"j_{number}", **options(extra_columns=wishes))
        columns = grid_bench.spec.produced(wishes)
        for query, event in zip(QUERIES, events, strict=True):
            assert event.error is None, event.error
            assert event.found == len(event.rows) == len(event.places) > 0
            assert event.label == f"{query} · {TILE.id}"
            assert event.zone == ZONES.index("Tours")
            for row, place in zip(event.rows, event.places, strict=True):
                assert list(row) == [column.name for column in columns]
                assert (row["query"], row["zone"], row["place_id"]) == (query, "Tours", place.id)
                for column in columns:
                    assert row[column.name] is None or isinstance(row[column.name], TYPES[column.type]), column.name
            assert len(msgspec.json.encode(event)) < 256 * 1024


async def test_neighbouring_tiles_share_no_place_and_lose_none(grid_bench):
    grid_bench.run()
    (whole,) = await grid_bench.outcome(search(), job="j_1", **options())
    parts = await grid_bench.outcome(*(search(tile=part.id) for part in TILE.children()), job="j_2", **options())
    found = [{place.id for place in event.places} for event in parts]
    assert set().union(*found) == {place.id for place in whole.places}
    assert not any(one & other for one, other in itertools.combinations(found, 2))


async def test_redelivery_gives_the_same_result(grid_bench):
    grid_bench.run()
    first = await grid_bench.outcome(*map(search, QUERIES), job="j_1", **options())
    second = await grid_bench.outcome(*map(search, QUERIES), job="j_2", **options())
    assert [(event.rows, event.places) for event in first] == [(event.rows, event.places) for event in second]


@pytest.mark.parametrize("tile", ["", "nowhere", "3035-500-1-1", "9999-500-0-0", "\u0000"])
async def test_hostile_tiles_are_the_items_own_error(grid_bench, tile):
    grid_bench.run()
    (event,) = await grid_bench.outcome(search(tile=tile), **options())
    if event.error is None:
        assert event.rows == []
    else:
        assert event.error.code not in ("", "module_error"), event.error
        assert event.error.message
        assert (event.rows, event.places, event.found) == ([], [], 0)


@pytest.mark.parametrize("query", ["\u0000", '"];out;', ".*" * 90, "é" * 200, "<script>"])
async def test_hostile_queries_harm_nobody(grid_bench, places, query):
    grid_bench.run()
    (event,) = await grid_bench.outcome(search(query=query), **options(queries=[query]))
    assert event.error is None or event.error.code not in ("", "module_error"), event.error
    assert not places.violations
