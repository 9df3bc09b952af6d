"""Writes one XLSX file from JSON lines, in a process of its own: `python -m shared.export.workbook FILE`.

openpyxl computes in pure Python (10 000 x 30 cells take 1.5 s) and would hold the interpreter of a server for
as long. Standard input: a `Sheet` on the first line, then one JSON array of values a row. Standard output, at
the end: a `Written`. Memory does not depend on the number of rows: openpyxl's write-only mode keeps none.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from shared.export.cells import cell_text, is_empty
from shared.export.sanitise import sanitise, sanitise_names
from shared.export.sheet import MAX_ROWS, MAX_TEXT, Sheet, Written

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters XML 1.0 cannot carry (section 2.2)."""
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""`_x0041_` means `A` in a cell (ECMA-376 part 1, 22.9.2.19); written `_x005F_x0041_` it stays what it is."""
_EXACT_INTEGER = 10**15
"""Excel keeps 15 digits: longer integers (identifiers) are written as text, which loses none."""


class WorkbookWriter:
    """One workbook; rows beyond what a sheet holds go on to a further sheet under the same header."""

    def __init__(self, sheet: Sheet, *, max_rows: int = MAX_ROWS) -> None:
        self._book = Workbook(write_only=True)
        self._names = sanitise_names(sheet.columns)
        lists = frozenset(sheet.list_columns)
        self._is_list = [name in lists for name in sheet.columns]
        self._max_rows = max_rows
        self._left = 0
        self._rows = 0
        self._cut = 0
        self._open_sheet()

    def append(self, values: Iterable[Any]) -> None:
        """One data row, values in column order."""
        if not self._left:
            self._open_sheet()
        self._left -= 1
        self._rows += 1
        self._sheet.append([self._cell(*pair) for pair in zip(values, self._is_list, strict=True)])

    def save(self, path: str) -> Written:
        """Write the file and tell what it holds. The writer is of no use afterwards."""
        self._book.save(path)
        return Written(self._rows, self._cut)

    def _open_sheet(self) -> None:
        number = len(self._book.sheetnames) + 1
        self._sheet = self._book.create_sheet("Export" if number == 1 else f"Export {number}")
        self._sheet.append([self._text(name) for name in self._names])
        self._left = self._max_rows - 1

    def _cell(self, value: Any, is_list: bool) -> Any:
        if is_empty(value):
            return None
        if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < _EXACT_INTEGER):
            return value
        return self._text(cell_text(value, is_list=is_list))

    def _text(self, text: str) -> Any:
        # Sanitised again: a character that is stripped may have hidden a formula behind it.
        text = self._shorten(sanitise(_NOT_XML.sub("", text)))
        text = _ESCAPE.sub("_x005F_", text)
        if text[:1] not in {"=", "#"}:
            return text
        # openpyxl would guess a formula or an error value: say that it is text.
        cell = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"
        return cell

    def _shorten(self, text: str) -> str:
        if len(text) <= MAX_TEXT // 2:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= MAX_TEXT * 2:
            return text
        self._cut += 1
        return units[: MAX_TEXT * 2].decode("utf-16-le", errors="ignore")


def _write(lines: Iterator[bytes], path: str) -> Written:
    writer = WorkbookWriter(msgspec.json.decode(next(lines), type=Sheet))
    row = msgspec.json.Decoder(list[Any])
    for line in lines:
        writer.append(row.decode(line))
    return writer.save(path)


def main() -> None:
    """Entry point of the process; the file's path is its only argument."""
    if hasattr(os, "nice"):
        os.nice(5)  # The server beside it answers many users, this serves one.
    written = _write(iter(sys.stdin.buffer), sys.argv[1])
    sys.stdout.buffer.write(msgspec.json.encode(written))


if __name__ == "__main__":
    main()
