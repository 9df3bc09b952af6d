"""The imported extract, searched."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from services.scrap.osm.layout import VERSION, Record, cell_ranges
from services.scrap.osm.tags import matches
from services.scrap.queries.meaning import Meaning, Tags
from services.scrap.source import Place
from shared.geography.tile import BoundingBox, Tile
from shared.modulekit.errors import Unavailable

_LOOK_EVERY = 1.0
"""Seconds between two looks at whether the file was replaced."""
_MMAP = 1 << 30
"""Bytes of the file that may be mapped: shared between processes, and given back when memory is short."""

_BY_TAG = """
SELECT p.lat, p.lon, p.record FROM spots s JOIN places p ON p.id = s.place
WHERE s.tag = ? AND s.cell BETWEEN ? AND ?
"""
_BY_NAME = "SELECT lat, lon, record FROM places INDEXED BY names WHERE cell BETWEEN ? AND ? AND instr(names, ?)"

_decoder = msgspec.msgpack.Decoder(Record)


class PlaceFile:
    """Searches one file from any number of threads; notices when an import replaced it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._open: list[_Opened] = []
        self._lock = threading.Lock()

    def search(self, wanted: Meaning, tile: Tile) -> list[Place]:
        """The places of the tile that `wanted` means, in the order of their ids. Raises Unavailable."""
        file = self._file()
        try:
            records = (
                file.by_tags(wanted.alternatives, tile) if wanted.alternatives else file.by_name(wanted.name, tile)
            )
            found = {place.place_id: place for place in records}
        except sqlite3.DatabaseError as error:
            raise Unavailable("osm_file", f"The OpenStreetMap file {self._path} cannot be read: {error}.") from None
        return [found[key] for key in sorted(found)]

    def about(self) -> dict[str, str]:
        """What the import noted: `extract`, `data_from`, `imported_at`, `places`. Raises Unavailable."""
        return self._file().about

    def close(self) -> None:
        """Close every thread's connection; no search may run."""
        with self._lock:
            for opened in self._open:
                opened.connection.close()
            self._open.clear()
        self._local = threading.local()

    def _file(self) -> _Opened:
        opened: _Opened | None = getattr(self._local, "opened", None)
        now = time.monotonic()
        if opened is not None and now < opened.look_at:
            return opened
        try:
            stat = self._path.stat()
        except OSError:
            message = f"There is no OpenStreetMap file {self._path}: make it with `outsend import-osm FILE.pbf`."
            raise Unavailable("osm_file", message) from None
        identity = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if opened is None or opened.identity != identity:
            opened = self._replace(opened, _Opened(self._path, identity))
        opened.look_at = now + _LOOK_EVERY
        return opened

    def _replace(self, old: _Opened | None, new: _Opened) -> _Opened:
        with self._lock:
            if old is not None:
                self._open.remove(old)
                old.connection.close()
            self._open.append(new)
        self._local.opened = new
        return new


class _Opened:
    """One thread's connection to one version of the file."""

    def __init__(self, path: Path, identity: tuple[int, int, int]) -> None:
        self.identity = identity
        self.look_at = 0.0
        # Immutable: an import puts a new file in its place, so that no locks are needed.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            self.connection = sqlite3.connect(uri, uri=True, check_same_thread=False, cached_statements=8)
            self.connection.execute(f"PRAGMA mmap_size={_MMAP}")
            self.about: dict[str, str] = dict(self.connection.execute("SELECT name, value FROM about"))
            self._tags: dict[str, int] = dict(self.connection.execute("SELECT tag, id FROM tags"))
        except sqlite3.DatabaseError as error:
            raise Unavailable("osm_file", f"{path} is no file of `outsend import-osm`: {error}.") from None
        if self.about.get("version") != VERSION:
            self.connection.close()
            message = f"{path} was made by another version: import the extract anew with `outsend import-osm FILE.pbf`."
            raise Unavailable("osm_file", message)

    def by_tags(self, alternatives: list[Tags], tile: Tile) -> Iterator[Place]:
        for wanted in alternatives:
            # The last tag refines the others, so it is the rarest.
            key, value = list(wanted.items())[-1]
            tag = self._tags.get(f"{key}={value}")
            if tag is None:
                continue
            for low, high in cell_ranges(_box(tile)):
                for lat, lon, record in self.connection.execute(_BY_TAG, (tag, low, high)):
                    if tile.contains(lat, lon):
                        found = _decoder.decode(record)
                        if len(wanted) == 1 or matches(found.tags, wanted):
                            yield found.place

    def by_name(self, name: str, tile: Tile) -> Iterator[Place]:
        if not name:
            return
        for low, high in cell_ranges(_box(tile)):
            for lat, lon, record in self.connection.execute(_BY_NAME, (low, high, f" {name}")):
                if tile.contains(lat, lon):
                    yield _decoder.decode(record).place


@lru_cache(maxsize=16_384)
def _box(tile: Tile) -> BoundingBox:
    """A tile comes once for each query; France has some ten thousand."""
    return tile.bbox
