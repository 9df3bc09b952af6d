"""The formats of a download by the name the API gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol

from shared.export.csv import export_csv
from shared.export.json import export_json
from shared.export.rows import Pages
from shared.export.xlsx import export_xlsx

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Exporter(Protocol):
    """Turns pages of rows into the bytes of a file; see the format's own module."""

    def __call__(
        self, columns: Sequence[str], pages: Pages, list_columns: Collection[str] = ()
    ) -> AsyncIterator[bytes]: ...


EXPORTERS: dict[str, Exporter] = {"csv": export_csv, "json": export_json, "xlsx": export_xlsx}


def file_name(output_filename: str, export_format: str) -> str:
    """The name a download is saved under: a job's `output_filename` for csv, `{base}.json`, `{base}.xlsx`."""
    return f"{output_filename.removesuffix('.csv')}.{export_format}"
