"""`outsend import-osm FILE.pbf`: the businesses of an OpenStreetMap extract, for scrap jobs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from services.cli.display import err, plain
from services.cli.errors import UsageError
from services.cli.surroundings import joined_settings
from shared.place_sources import osm_file


def import_osm(
    file: Annotated[Path, typer.Argument(metavar="FILE.pbf", help="An extract, e.g. france-latest.osm.pbf")],
) -> None:
    """Make an OpenStreetMap extract searchable for scrap jobs; a file imported before is replaced."""
    from services.scrap.osm.importing import ImportFailed, import_extract

    target = osm_file(joined_settings())
    # Where SQLite sorts: beside the file, whose disk has the room, and not on a small /tmp.
    target.parent.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SQLITE_TMPDIR", str(target.parent.absolute()))
    began = time.monotonic()
    with err.status(plain(f"Reading {file}")) as status:

        def say(what: str, count: int) -> None:
            line = plain(f"{time.monotonic() - began:5.0f} s  {count:>9,} businesses  {what}")
            if err.is_terminal:
                status.update(line)
            elif what:
                err.print(line)

        try:
            made = import_extract(file, target, say)
        except ImportFailed as error:
            raise UsageError(f"The import failed: {error}") from None
    size, when = made.bytes / 1e6, f", as of {made.data_from}" if made.data_from else ""
    err.print(
        plain(f"{made.places:,} businesses{when} in {made.file} ({size:,.0f} MB, {time.monotonic() - began:.0f} s).")
    )
    err.print(plain("Scrap jobs use it from now on. © OpenStreetMap contributors, ODbL 1.0."))
