"""Leads from files and arguments, as office software and people write them."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from services.cli.errors import UsageError

_SITE = re.compile(r"(https?://\S+|[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:\d+)?(/\S*)?)", re.IGNORECASE)
_DELIMITERS = ";,\t|"
"""French office software writes semicolons; on a draw the earlier one counts."""


def read_leads(arguments: Sequence[str], key: str) -> list[dict[str, Any]]:
    """The items of all arguments: files (CSV or JSON; `-`: standard input) and single values such as sites.

    A single value becomes an item with the one `key`. Raises UsageError.
    """
    items: list[dict[str, Any]] = []
    for argument in arguments:
        if argument == "-":
            items += _parse(sys.stdin.buffer.read(), "standard input", key)
        elif Path(argument).is_file():
            items += _parse(_read(Path(argument)), argument, key)
        elif _SITE.fullmatch(argument) and not argument.lower().endswith((".csv", ".json", ".txt", ".tsv")):
            items.append({key: argument})
        else:
            raise UsageError(f"{argument} is neither a file nor a site")
    if not items:
        raise UsageError("there are no leads: give a CSV or JSON file, or sites")
    return items


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _parse(data: bytes, name: str, key: str) -> list[dict[str, Any]]:
    text = _decode(data)
    if text.lstrip().startswith("["):
        return _parse_json(text, name)
    try:
        return _parse_csv(text, key)
    except csv.Error as error:
        raise UsageError(f"{name} cannot be read as CSV: {error}") from None


def _parse_json(text: str, name: str) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(text, type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        raise UsageError(f"{name} is not a JSON list of objects: {error}") from None


def _parse_csv(text: str, key: str) -> list[dict[str, Any]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=lambda each: _outside_quotes(first).count(each))
    if _SITE.fullmatch(first.strip().strip('"')):  # a bare list of sites, without a header
        return [{key: line.strip().strip('"')} for line in text.splitlines() if line.strip()]
    rows = csv.DictReader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter)
    rows.fieldnames = [name.strip() for name in rows.fieldnames or []]
    # Cells beyond the header have no name, and so no place in an item.
    items = [{name: value for name, value in row.items() if name and value is not None} for row in rows]
    return [item for item in items if any(item.values())]


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _decode(data: bytes) -> str:
    """UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1252, as older office software."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
