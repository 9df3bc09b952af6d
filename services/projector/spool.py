"""A job's results on their way from the log's order to the input's order, through a temporary file.

10 000 results of 1 MiB pass through the memory of one result and a table of 240 kB.
"""

from __future__ import annotations

import struct
import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import msgspec

_NULL = b"null"
_LENGTH = struct.Struct("<I")
_RESULT_TYPE = "outsend.item_processed.v1"


class Result(msgspec.Struct, frozen=True):
    """What one item left behind; JSON as it stands in the log."""

    rows: list[bytes]
    report: bytes | None


class _Processed(msgspec.Struct, frozen=True):
    index: int
    rows: list[msgspec.Raw] = []
    report: msgspec.Raw = msgspec.Raw(_NULL)


class _Head(msgspec.Struct, frozen=True):
    type: str
    data: msgspec.Raw


_HEADS = msgspec.json.Decoder(list[_Head])
_PROCESSED = msgspec.json.Decoder(_Processed)


class Spool:
    """Takes messages in the log's order, gives results by index. The first result for an index counts."""

    def __init__(self, total: int) -> None:
        self._file = tempfile.TemporaryFile(prefix="outsend-rows-")  # noqa: SIM115 - closed by our own context
        self._total = total
        self._end = 0
        self._starts = array("q", bytes(8 * total))
        """Where each index's record begins, plus one; 0: none yet."""

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
            if 0 <= result.index < self._total and not self._starts[result.index]:
                self._starts[result.index] = self._end + 1
                self._write(result)

    def _write(self, result: _Processed) -> None:
        report = bytes(result.report)
        parts = [b"" if report == _NULL else report, *map(bytes, result.rows)]
        record = b"".join(_LENGTH.pack(len(part)) + part for part in parts)
        self._file.write(_LENGTH.pack(len(parts)) + record)
        self._end += _LENGTH.size + len(record)

    def results(self) -> Iterator[Result]:
        """The results there are, by index."""
        for start in self._starts:
            if start:
                self._file.seek(start - 1)
                report, *rows = (self._file.read(self._length()) for _ in range(self._length()))
                yield Result(rows, report or None)

    def _length(self) -> int:
        return int(_LENGTH.unpack(self._file.read(_LENGTH.size))[0])
