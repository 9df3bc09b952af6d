"""From an OpenStreetMap extract (`.osm.pbf`) to the file the worker searches.

Five passes over the extract, each filtered in C++ before Python sees anything: relations, ways, the ways of relations,
nodes, the nodes of ways. What is found waits in a staging file on disk, so memory does not grow with the number of
places; the largest part is the set of node ids to look for (a bit an id, at most 1.6 GB if they were spread over the
whole planet, about 100 MB for a region).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from services.scrap.osm.layout import NAMES_INDEX, SCHEMA, VERSION, Record, cell
from services.scrap.osm.tags import ElementType, is_business, kinds, place, searched_names
from services.scrap.queries.kinds import PRIMARY_KEYS
from services.scrap.queries.meaning import indexed_keys

Say = Callable[[str, int], None]
"""Told what is being done and how many were found so far."""

_BATCH = 5_000
_TYPES: tuple[ElementType, ...] = ("node", "way", "relation")

_STAGING = """
CREATE TABLE found (feature INTEGER PRIMARY KEY, tags BLOB);
CREATE TABLE refs (node INTEGER, feature INTEGER, PRIMARY KEY (node, feature)) WITHOUT ROWID;
CREATE TABLE points (node INTEGER PRIMARY KEY, lat REAL, lon REAL);
CREATE TABLE placed (feature INTEGER PRIMARY KEY, cell INTEGER, lat REAL, lon REAL, names TEXT, record BLOB);
CREATE TABLE tagged (feature INTEGER, tag INTEGER);
"""
_CENTRES = """
SELECT f.feature, f.tags, (min(p.lat) + max(p.lat)) / 2, (min(p.lon) + max(p.lon)) / 2
FROM refs r JOIN points p ON p.node = r.node JOIN found f ON f.feature = r.feature GROUP BY r.feature
"""

_LAY_OUT = """
INSERT INTO tags SELECT id, tag FROM staging.tags;
CREATE TABLE staging.numbered (id INTEGER PRIMARY KEY, feature INTEGER);
INSERT INTO staging.numbered (feature) SELECT feature FROM staging.placed ORDER BY cell, feature;
CREATE INDEX staging.by_feature ON numbered (feature);
INSERT INTO places SELECT n.id, p.cell, p.lat, p.lon, p.names, p.record
    FROM staging.numbered n JOIN staging.placed p ON p.feature = n.feature ORDER BY n.id;
INSERT INTO spots SELECT t.tag, p.cell, n.id FROM staging.tagged t
    JOIN staging.numbered n ON n.feature = t.feature JOIN staging.placed p ON p.feature = t.feature
    ORDER BY 1, 2, 3;
"""


class ImportFailed(Exception):
    """The extract was not imported and the file in use, if any, is as it was. The message is for the operator."""


class Imported(msgspec.Struct, frozen=True):
    """What an import made."""

    places: int
    file: Path
    bytes: int
    data_from: str
    """When OpenStreetMap was as the extract says, ISO 8601; empty when it does not tell."""


def import_extract(extract: Path, target: Path, say: Say) -> Imported:
    """Read `extract` and put the file of its businesses at `target`, whole or not at all. Raises ImportFailed.

    A worker that searches the old file goes on with it and takes the new one within a second.
    """
    if not extract.is_file():
        raise ImportFailed(f"there is no file {extract}")
    target.parent.mkdir(parents=True, exist_ok=True)
    workshop = target.with_name(f"{target.name}.importing")
    try:
        with _alone(workshop):
            return _import(extract, target, workshop, say)
    except RuntimeError as error:  # what libosmium raises for anything it cannot read
        raise ImportFailed(f"{extract} cannot be read as OpenStreetMap data: {error}") from None
    except sqlite3.OperationalError as error:
        full = "full" in str(error) or "disk I/O" in str(error)
        why = f"the disk of {target.parent} is full" if full else f"{target}: {error}"
        raise ImportFailed(why) from None
    except OSError as error:
        raise ImportFailed(f"{error.filename or target}: {error.strerror or error}") from None


@contextlib.contextmanager
def _alone(workshop: Path) -> Iterator[None]:
    """The workshop is this process's: a lock that ends with the process, and no rest of one that was killed."""
    workshop.mkdir(exist_ok=True)
    lock = sqlite3.connect(workshop / "lock", timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise ImportFailed("another import is running") from None
        for name in ("staging", "places"):
            (workshop / name).unlink(missing_ok=True)
        try:
            yield
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    finally:
        lock.close()


def _import(extract: Path, target: Path, workshop: Path, say: Say) -> Imported:
    finished = workshop / "places"
    with contextlib.closing(_scratch(workshop / "staging", _STAGING)) as staging:
        data_from = _Extract(extract, staging, say).read()
        say("sorting", 0)
        with contextlib.closing(_scratch(finished, SCHEMA)) as database:
            count = _lay_out(database, workshop / "staging", {"extract": extract.name, "data_from": data_from})
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    size = finished.stat().st_size
    finished.replace(target)
    return Imported(count, target, size, data_from)


def _scratch(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    # Nobody reads the file before it is complete, and a failed import starts anew.
    connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; {schema}")
    return connection


class _Extract:
    """One reading of an extract into a staging database. A feature is an element: its id * 4 + its type."""

    def __init__(self, extract: Path, staging: sqlite3.Connection, say: Say) -> None:
        import osmium  # heavy, and only an import needs it

        self._osmium = osmium
        self._path = str(extract)
        self._staging = staging
        self._say = say
        self._keys = indexed_keys()
        self._tags: dict[str, int] = {}
        self._count = 0

    def read(self) -> str:
        """Fill the staging database. Returns the date of the data."""
        data_from = self._timestamp()
        entity = self._osmium.osm
        ways_of = self._relations()
        self._ways(
            "ways", self._elements(entity.WAY, self._osmium.filter.KeyFilter(*PRIMARY_KEYS)), self._business_ways
        )
        if ways_of:
            members = self._elements(entity.WAY, self._osmium.filter.IdFilter(list(ways_of)))
            self._ways("ways of relations", members, lambda way: ways_of[way.id])
        self._nodes()
        self._points()
        self._say("placing", self._count)
        self._write_places(self._centres())
        self._staging.execute("CREATE TABLE tags (id INTEGER PRIMARY KEY, tag TEXT)")
        self._staging.executemany(
            "INSERT INTO tags VALUES (?, ?)", ((number, tag) for tag, number in self._tags.items())
        )
        return data_from

    def _timestamp(self) -> str:
        with contextlib.closing(self._osmium.io.Reader(self._path)) as reader:
            return str(reader.header().get("osmosis_replication_timestamp", ""))

    def _elements(self, entity: Any, only: Any) -> Iterable[Any]:
        elements: Iterable[Any] = self._osmium.FileProcessor(self._path, entity).with_filter(only)
        return elements

    def _relations(self) -> dict[int, list[int]]:
        """Stage the relations; returns the features that each member way belongs to."""
        self._say("relations", self._count)
        ways_of: dict[int, list[int]] = defaultdict(list)
        for relation in self._elements(self._osmium.osm.RELATION, self._osmium.filter.KeyFilter(*PRIMARY_KEYS)):
            if (tags := _business(relation)) is not None:
                feature = relation.id * 4 + 2
                self._stage(feature, tags)
                for member in relation.members:
                    if member.type == "w":
                        ways_of[member.ref].append(feature)
                    elif member.type == "n":
                        self._refer([member.ref], [feature])
        return ways_of

    def _business_ways(self, way: Any) -> list[int]:
        tags = _business(way)
        if tags is None:
            return []
        self._stage(way.id * 4 + 1, tags)
        return [way.id * 4 + 1]

    def _ways(self, what: str, ways: Iterable[Any], features_of: Callable[[Any], list[int]]) -> None:
        self._say(what, self._count)
        with self._transaction():
            for way in ways:
                if features := features_of(way):
                    self._refer([node.ref for node in way.nodes], features)

    def _stage(self, feature: int, tags: dict[str, str]) -> None:
        self._staging.execute("INSERT OR REPLACE INTO found VALUES (?, ?)", (feature, msgspec.msgpack.encode(tags)))
        self._counted(1)

    def _refer(self, nodes: list[int], features: list[int]) -> None:
        pairs = ((node, feature) for feature in features for node in nodes)
        self._staging.executemany("INSERT OR IGNORE INTO refs VALUES (?, ?)", pairs)

    def _nodes(self) -> None:
        self._say("nodes", self._count)
        nodes = self._elements(self._osmium.osm.NODE, self._osmium.filter.KeyFilter(*PRIMARY_KEYS))
        found = ((node.id * 4, _business(node), node.location) for node in nodes)
        self._write_places(
            (feature, tags, where.lat, where.lon) for feature, tags, where in found if tags and where.valid()
        )

    def _points(self) -> None:
        """Where the nodes of ways are."""
        self._say("outlines", self._count)
        wanted = self._osmium.filter.IdFilter(
            node for (node,) in self._staging.execute("SELECT DISTINCT node FROM refs")
        )
        nodes = self._elements(self._osmium.osm.NODE, wanted)
        rows = ((node.id, node.location.lat, node.location.lon) for node in nodes if node.location.valid())
        with self._transaction():
            self._staging.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", rows)

    def _centres(self) -> Iterator[tuple[int, dict[str, str], float, float]]:
        """The middle of each way's and relation's box, as Overpass's `out center` has it."""
        for feature, tags, lat, lon in self._staging.execute(_CENTRES):
            yield feature, msgspec.msgpack.decode(tags, type=dict[str, str]), lat, lon

    def _write_places(self, places: Iterable[tuple[int, Mapping[str, str], float, float]]) -> None:
        with self._transaction():
            for feature, tags, lat, lon in places:
                number, kind = divmod(feature, 4)
                kept = {key: value for key, value in tags.items() if key in self._keys}
                made = place(_TYPES[kind], number, tags, lat=lat, lon=lon, source="osm")
                record = msgspec.msgpack.encode(Record(made, kept))
                row = (feature, cell(lat, lon), lat, lon, searched_names(tags), record)
                self._staging.execute("INSERT OR REPLACE INTO placed VALUES (?, ?, ?, ?, ?, ?)", row)
                numbers = {self._number(f"{key}={value}") for key, value in kinds(kept, self._keys)}
                self._staging.executemany("INSERT INTO tagged VALUES (?, ?)", ((feature, tag) for tag in numbers))
                if kind == 0:
                    self._counted(1)

    def _number(self, tag: str) -> int:
        return self._tags.setdefault(tag, len(self._tags) + 1)

    def _counted(self, count: int) -> None:
        self._count += count
        if self._count % _BATCH == 0:
            self._say("", self._count)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._staging.execute("BEGIN")
        yield
        self._staging.execute("COMMIT")


def _business(element: Any) -> dict[str, str] | None:
    tags = {tag.k: tag.v for tag in element.tags}
    return tags if is_business(tags) else None


def _lay_out(database: sqlite3.Connection, staging: Path, about: dict[str, str]) -> int:
    """Copy what was staged in the order it will be read in; SQLite sorts on disk."""
    database.execute("ATTACH ? AS staging", (str(staging),))
    database.executescript(_LAY_OUT)
    database.execute(NAMES_INDEX)
    (count,) = database.execute("SELECT count(*) FROM places").fetchone()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {**about, "version": VERSION, "imported_at": when, "places": str(count)}
    database.executemany("INSERT INTO about VALUES (?, ?)", facts.items())
    database.execute("DETACH staging")
    return int(count)
