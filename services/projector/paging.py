"""Results in the input's order -> pages of rows and reports, and the columns of the output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from contracts.events import PlaceFound
from services.projector.spool import Result
from shared.job.output import UniquePlaces
from shared.store import PageKind


class Page(msgspec.Struct, frozen=True):
    """A JSON array without white space around its elements."""

    kind: PageKind
    number: int
    count: int
    body: bytes


class Columns:
    """The columns of an output: the input's keys by first appearance, then the produced ones.

    A produced column that the input has too leaves the input's position.
    """

    def __init__(self, produces: list[str]) -> None:
        self._produces = produces
        self._seen: dict[str, None] = {}

    def note(self, row: bytes) -> dict[str, msgspec.Raw]:
        """Take the keys of one row in; gives the row taken apart."""
        values = _ROW.decode(row)
        self._seen.update(dict.fromkeys(values))
        return values

    def names(self) -> list[str]:
        """All columns, in order."""
        produced = frozenset(self._produces)
        return [name for name in self._seen if name not in produced] + self._produces


MAP_PLACES = 10_000
"""Places of a job that its map shows, the first of the output: some 2 MB."""
_PLACES_FOUND = msgspec.json.Decoder(list[PlaceFound])
_NULL = msgspec.Raw(b"null")


def point(place: PlaceFound, row: Mapping[str, Any]) -> bytes:
    """A place of a map: a GeoJSON Feature (RFC 7946). `row` may be decoded or not."""
    position = (round(place.longitude, 6), round(place.latitude, 6))
    shown = {name: row.get(name, _NULL) for name in ("nom", "query", "zone")}
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": position},
        "properties": {"kind": "place", "place_id": place.id} | shown,
    }
    return msgspec.json.encode(feature)


_ROW: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Pager:
    """Cuts a series of JSON values into pages of at most so many values and so many bytes."""

    def __init__(self, kind: PageKind, *, most: int = 500, most_bytes: int = 4 * 1024 * 1024) -> None:
        self.counts: list[int] = []
        self._kind = kind
        self._most = most
        self._most_bytes = most_bytes
        self._values: list[bytes] = []
        self._size = 0

    def add(self, value: bytes) -> Iterator[Page]:
        """Take one value in; gives the page that is full, if one is. A value above the size is a page alone."""
        if self._values and (len(self._values) == self._most or self._size + len(value) > self._most_bytes):
            yield self._cut()
        self._values.append(value)
        self._size += len(value) + 1

    def finish(self) -> Iterator[Page]:
        """The last page, if there is a rest."""
        if self._values:
            yield self._cut()

    def _cut(self) -> Page:
        page = Page(self._kind, len(self.counts), len(self._values), b"[" + b",".join(self._values) + b"]")
        self.counts.append(page.count)
        self._values, self._size = [], 0
        return page


class Layout:
    """What a job's results come to. Walk `pages` to its end, then read the rest."""

    def __init__(self, results: Iterator[list[Result]], produces: list[str], *, on_grid: bool = False) -> None:
        self._results = results
        self._columns = Columns(produces)
        self._rows = Pager("rows")
        self._reports = Pager("reports")
        self._places = Pager("places", most=MAP_PLACES)
        self._shown = 0
        self._unique = UniquePlaces() if on_grid else None

    def pages(self) -> Iterator[Page]:
        """The pages, each as soon as it is full."""
        for parts in self._results:
            if self._unique is not None:
                yield from self._search(parts, self._unique)
                continue
            for result in parts:
                for row in result.rows:
                    self._columns.note(row)
                    yield from self._rows.add(row)
                if result.report is not None:
                    yield from self._reports.add(result.report)
        yield from self._rows.finish()
        yield from self._reports.finish()
        yield from self._places.finish()

    def _search(self, parts: list[Result], unique: UniquePlaces) -> Iterator[Page]:
        found = (
            (place.id, (place, row))
            for part in parts
            for place, row in zip(_PLACES_FOUND.decode(part.places or b"[]"), part.rows, strict=True)
        )
        for _, (place, row) in unique.of_pair(found):
            values = self._columns.note(row)
            yield from self._rows.add(row)
            if self._shown < MAP_PLACES:
                self._shown += 1
                yield from self._places.add(point(place, values))

    @property
    def columns(self) -> list[str]:
        """The output's columns, in order."""
        return self._columns.names()

    @property
    def rows(self) -> list[int]:
        """Rows a page."""
        return self._rows.counts

    @property
    def reports(self) -> list[int]:
        """Reports a page."""
        return self._reports.counts
