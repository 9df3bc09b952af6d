"""A job's results on their way from the log's order to the input's order, through a temporary file.

10 000 results of 1 MiB pass through the memory of one result and a table of 240 kB.
"""

from __future__ import annotations

import struct
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import msgspec

_NULL = b"null"
_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<qI")
"""Of a record: where the one before it of the same index begins, plus one; how many texts follow."""
_RESULT_TYPE = "outsend.item_processed.v1"


class Result(msgspec.Struct, frozen=True):
    """What one item, or a part of one, left behind; JSON as it stands in the log."""

    rows: list[bytes]
    report: bytes | None
    places: bytes = b""
    """Of a search: the list of PlaceFound that goes with `rows`."""


class _Processed(msgspec.Struct, frozen=True):
    index: int
    part: str = ""
    rows: list[msgspec.Raw] = []
    report: msgspec.Raw = msgspec.Raw(_NULL)
    places: msgspec.Raw = msgspec.Raw(b"")


class _Head(msgspec.Struct, frozen=True):
    type: str
    data: msgspec.Raw


_HEADS = msgspec.json.Decoder(list[_Head])
_PROCESSED = msgspec.json.Decoder(_Processed)


class Spool:
    """Takes messages in the log's order, gives results by index. The first result for an index and part counts."""

    def __init__(self, items: int) -> None:
        self._file = tempfile.TemporaryFile(prefix="outsend-rows-")  # noqa: SIM115 - closed by our own context
        self._items = items
        self._end = 0
        self._starts = array("q", bytes(8 * items))
        """Where each index's newest record begins, plus one; 0: none yet."""
        self._parts: set[tuple[int, str]] = set()
        """Of split items: what there is already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, payload: bytes) -> None:
        """Keep the results of one message. Raises msgspec.DecodeError."""
        for head in _HEADS.decode(payload):
            if head.type != _RESULT_TYPE:
                continue
            result = _PROCESSED.decode(head.data)
            if 0 <= result.index < self._items and self._is_new(result):
                self._write(result)

    def _is_new(self, result: _Processed) -> bool:
        if not result.part:
            return not self._starts[result.index]
        key = (result.index, result.part)
        known = key in self._parts
        self._parts.add(key)
        return not known

    def _write(self, result: _Processed) -> None:
        report = bytes(result.report)
        texts = [b"" if report == _NULL else report, bytes(result.places), *map(bytes, result.rows)]
        record = b"".join(_LENGTH.pack(len(text)) + text for text in texts)
        self._file.write(_HEAD.pack(self._starts[result.index], len(texts)) + record)
        self._starts[result.index] = self._end + 1
        self._end += _HEAD.size + len(record)

    def results(self, order: Iterable[int]) -> Iterator[list[Result]]:
        """Of each index that has any: the result, or those of its parts."""
        for index in order:
            if self._starts[index]:
                yield list(self._chain(self._starts[index]))

    def _chain(self, start: int) -> Iterator[Result]:
        while start:
            self._file.seek(start - 1)
            start, texts = _HEAD.unpack(self._file.read(_HEAD.size))
            report, places, *rows = (self._file.read(self._length()) for _ in range(texts))
            yield Result(rows, report or None, places)

    def _length(self) -> int:
        return int(_LENGTH.unpack(self._file.read(_LENGTH.size))[0])
