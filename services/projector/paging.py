"""Results in the input's order -> pages of rows and reports, and the columns of the output."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from services.projector.spool import Result
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

    def note(self, row: bytes) -> None:
        """Take the keys of one row in."""
        self._seen.update(dict.fromkeys(_ROW.decode(row)))

    def names(self) -> list[str]:
        """All columns, in order."""
        produced = frozenset(self._produces)
        return [name for name in self._seen if name not in produced] + self._produces


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

    def __init__(self, results: Iterator[Result], produces: list[str]) -> None:
        self._results = results
        self._columns = Columns(produces)
        self._rows = Pager("rows")
        self._reports = Pager("reports")

    def pages(self) -> Iterator[Page]:
        """The pages, each as soon as it is full."""
        for result in self._results:
            for row in result.rows:
                self._columns.note(row)
                yield from self._rows.add(row)
            if result.report is not None:
                yield from self._reports.add(result.report)
        yield from self._rows.finish()
        yield from self._reports.finish()

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
