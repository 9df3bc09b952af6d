"""Writes what is derived from the contracts: `python -m contracts.generate`.

`schemas/*.json` and `asyncapi.json` are made anew. `examples/` is written by hand and only added to: a new example is
noted in `examples/SHA256SUMS`, a changed or vanished one is refused, because what was once written is read for ever.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from contracts.asyncapi import document
from contracts.json_schema import all_schemas

FOLDER = Path(__file__).parent
VERSION = "1.0.0"
"""Of the published language; grows when an event type is added."""


class FrozenExample(Exception):
    """A golden example was changed or removed; bring it back, and add another one for what is new."""


def read_examples(folder: Path = FOLDER / "examples") -> dict[str, dict[str, dict[str, Any]]]:
    """Golden examples by event type and name: envelopes as JSON."""
    return {
        kind.name: {file.stem: json.loads(file.read_bytes()) for file in sorted(kind.glob("*.json"))}
        for kind in sorted(folder.iterdir())
        if kind.is_dir()
    }


def checksums(folder: Path = FOLDER / "examples") -> dict[str, str]:
    """SHA-256 of each example by its path below the folder."""
    files = sorted(folder.glob("*/*.json"))
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def read_sums(folder: Path = FOLDER / "examples") -> dict[str, str]:
    """What was noted of the examples; in the format of sha256sum."""
    file = folder / "SHA256SUMS"
    lines = file.read_text().splitlines() if file.exists() else []
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


def rendered(folder: Path = FOLDER) -> dict[str, str]:
    """Every generated file, by its path below `contracts/`. Raises FrozenExample."""
    found, noted = checksums(folder / "examples"), read_sums(folder / "examples")
    broken = sorted(path for path, digest in noted.items() if found.get(path) != digest)
    if broken:
        raise FrozenExample(f"changed or removed: {', '.join(broken)}")
    files = {f"schemas/{name}.json": _text(schema) for name, schema in all_schemas().items()}
    files["asyncapi.json"] = _text(document(VERSION, read_examples(folder / "examples")))
    files["examples/SHA256SUMS"] = "".join(f"{digest}  {path}\n" for path, digest in found.items())
    return files


def write(folder: Path = FOLDER) -> None:
    """Bring `schemas/`, `asyncapi.json` and the sums up to date. Raises FrozenExample."""
    (folder / "schemas").mkdir(exist_ok=True)
    files = rendered(folder)
    for file in (folder / "schemas").glob("*.json"):
        if f"schemas/{file.name}" not in files:
            file.unlink()
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    try:
        write()
    except FrozenExample as error:
        sys.exit(f"contracts/examples: {error}")
