"""What a service and the process that writes its workbook say to each other, and the limits of a sheet."""

from __future__ import annotations

import msgspec

MAX_COLUMNS = 16_384
MAX_ROWS = 1_048_576
"""Of one sheet, header included. Microsoft, "Excel specifications and limits"."""
MAX_TEXT = 32_767
"""Characters of one cell, in UTF-16 code units (same page); longer ones make Excel call the file damaged."""


class Sheet(msgspec.Struct, frozen=True):
    """What to write: the header, and which columns the manifest declares as lists."""

    columns: list[str]
    list_columns: list[str]


class Written(msgspec.Struct, frozen=True):
    """What was written: data rows, and how many cells had their text cut at MAX_TEXT."""

    rows: int
    cut: int
