"""A work item through all sources, and the module's entry point."""

import asyncio

import msgspec
import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.scrap.extract import process
from services.scrap.osm.importing import import_extract
from services.scrap.osm.source import OsmSource
from services.scrap.queries.meaning import meaning
from services.scrap.rows import Wanted
from services.scrap.search import make_sources, search_tile
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.modulekit.module import Context
from shared.net.client import Fetcher
from shared.place_sources import configured_sources, osm_file, reviews_offered
from shared.settings import Settings, SettingsError
from tests.unit.scrap.communes import OneCommune
from tests.world.places.api import as_json
from tests.world.places.google import KEY
from tests.world.places.town import brute_force, write_pbf


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory, people):
    folder = tmp_path_factory.mktemp("data")
    write_pbf(folder / "town.osm.pbf", people)
    import_extract(folder / "town.osm.pbf", folder / "scrap/places.sqlite", lambda what, count: None)
    return folder


async def search(sources, tile, query="restaurant", **wanted):
    return await search_tile(
        sources, OneCommune(), tile, Wanted(query, "Tours", **wanted), first_page_only=False, run=asyncio.to_thread
    )


async def test_the_accounts_of_three_sources_become_one_row_each(data_dir, people, tile, google, sirene):
    osm = OsmSource(data_dir / "scrap/places.sqlite")
    found = await search([osm, google[1], sirene[1]], tile, "fleuriste")
    await osm.aclose()
    expected = {one.osm_id: one for one in people if tile.contains(one.lat, one.lon) and one.naf == "47.76Z"}
    assert [row["place_id"] for row in found.rows] == sorted(expected)
    assert [place.id for place in found.places] == sorted(expected)
    for row in found.rows:
        one = expected[row["place_id"]]
        known_to_sirene = ", sirene" if one.number % 50 else ""
        assert row["source"] == f"osm, google_places{known_to_sirene}"
        assert (row["nom"], row["rating"]) == (one.name, one.rating)
        assert row["adresse"] == f"{one.house} {one.street}"
        assert row["lien_google_maps"] == f"https://maps.google.com/?cid={one.number}"


async def test_the_same_item_gives_the_same_rows(data_dir, tile, google, sirene):
    osm = OsmSource(data_dir / "scrap/places.sqlite")
    first, second = [await search([osm, google[1], sirene[1]], tile, "avocat") for _ in range(2)]
    await osm.aclose()
    assert first == second


async def test_one_source_that_is_refused_does_not_cost_the_others(data_dir, tile, google):
    api, source = google
    osm = OsmSource(data_dir / "scrap/places.sqlite")
    api.faults.append(as_json({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}, 403))
    found = await search([osm, source], tile)
    assert found.rows
    assert found.failures == ["Google Places refuses the key: PERMISSION_DENIED."]
    api.faults.append(as_json({}, 503))
    with pytest.raises(Retryable):  # it may still have something to add
        await search([osm, source], tile)
    api.faults.append(as_json({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}, 403))
    with pytest.raises(Unavailable):
        await search([source], tile)
    await osm.aclose()
    with pytest.raises(Unavailable, match="outsend import-osm"):
        await search([], tile)


def item(tile, query="restaurant", **options):
    return ItemRequested(
        job="j_1",
        tenant="u_1",
        job_type="scrap",
        index=0,
        item={"query": query, "tile": tile.id if hasattr(tile, "id") else tile, "zone": "Tours"},
        options=options,
    )


@pytest.fixture
async def work(data_dir):
    """`work(item, **settings)` gives the module's result, and `work.lines` what it told the job."""
    lines, contexts, fetchers = [], [], []

    async def run(item, **settings):
        if not contexts:
            made = msgspec.structs.replace(Settings(), data_dir=data_dir, **settings)
            fetchers.append(Fetcher(made))

            async def log(item, level, message):
                lines.append((level, message))

            contexts.append(Context(load_manifests()["scrap"], made, fetchers[0], log))
        return await process(item, contexts[0])

    run.lines = lines
    yield run
    for context in contexts:
        context.close()
    for fetcher in fetchers:
        await fetcher.aclose()


async def test_the_module_answers_with_rows_and_places(work, people, tile):
    result = await work(item(tile, extra_columns=["gps", "region"]))
    expected = brute_force(people, meaning("restaurant").alternatives, tile)
    assert {place.id for place in result.places} == expected
    assert len(result.rows) == len(result.places) == len(expected) > 0
    assert (result.capped, result.split) == (False, [])
    assert result.rows[0]["region"] == "Centre-Val de Loire"
    assert (result.rows[0]["latitude"], result.rows[0]["longitude"]) == (
        result.places[0].latitude,
        result.places[0].longitude,
    )


async def test_many_items_at_once_share_what_is_made_once(work, tile):
    results = await asyncio.gather(*(work(item(part)) for part in tile.children() for _ in range(5)))
    assert sum(len(result.rows) for result in results[::5]) == len((await work(item(tile))).rows)


async def test_a_capped_tile_goes_on_as_its_parts_but_not_in_fast_mode(work, google, tile):
    api, _ = google
    google_alone = {"google_places_key": KEY, "google_places_url": api.url, "google_places_rate": 1000.0}
    settings = {**google_alone, "scrap_sources": ["google_places"]}
    whole = await work(item(tile), **settings)
    assert whole.capped
    assert whole.split == [{"query": "restaurant", "tile": part.id, "zone": "Tours"} for part in tile.children()]
    fast = await work(item(tile, scrap_mode="fast"))
    assert (fast.capped, fast.split, len(fast.rows) <= 20) == (True, [], True)
    reviewed = await work(item(tile, "fleuriste", include_reviews=True))
    assert any(row["latest_reviews"] for row in reviewed.rows)


async def test_what_a_source_refused_is_told_once_a_job(work, google, tile):
    api, _ = google
    settings = {"google_places_key": "AIzaWrong", "google_places_url": api.url, "google_places_rate": 1000.0}
    for _ in range(3):
        assert (await work(item(tile), **settings)).rows
    assert work.lines == [("warn", "Google Places refuses the key: PERMISSION_DENIED.")]


@pytest.mark.parametrize("name", ["", "3035-500-1-1", "x", "3035-500"])
async def test_an_item_of_no_tile_is_permanent(work, name):
    with pytest.raises(Permanent, match="names no tile"):
        await work(item(name))


def test_which_sources_there_are(tmp_path, data_dir):
    nothing = Settings(data_dir=tmp_path)
    assert configured_sources(nothing) == []
    assert not reviews_offered(nothing)
    assert configured_sources(Settings(data_dir=data_dir)) == ["osm"]
    elsewhere = Settings(data_dir=tmp_path, scrap_osm_file=str(osm_file(Settings(data_dir=data_dir))))
    assert configured_sources(elsewhere) == ["osm"]
    all_of_them = Settings(data_dir=data_dir, overpass_url="http://overpass", google_places_key="k")
    assert configured_sources(all_of_them) == ["osm", "overpass", "google_places"]
    assert reviews_offered(all_of_them)
    chosen = msgspec.structs.replace(all_of_them, scrap_sources=["sirene", "osm"])
    assert configured_sources(chosen) == ["sirene", "osm"]
    assert not reviews_offered(chosen)
    assert configured_sources(Settings(data_dir=tmp_path, scrap_sources=["osm", "google_places"])) == []
    with pytest.raises(SettingsError, match="no source 'bing'"):
        configured_sources(Settings(scrap_sources=["bing"]))


async def test_sources_are_made_in_their_order(data_dir):
    settings = Settings(data_dir=data_dir, scrap_sources=["sirene", "osm"])
    sources = make_sources(settings, None, OneCommune())
    assert [source.name for source in sources] == ["sirene", "osm"]
    assert all(source.attribution for source in sources)
    for source in sources:
        await source.aclose()
