"""A JSON value as the text of one spreadsheet cell."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from shared.export.sanitise import sanitise


def is_empty(value: Any) -> bool:
    """Whether a value leaves its cell empty: null, missing, or a float that JSON does not know."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def cell_text(value: Any, *, is_list: bool) -> str:
    """The safe text of a cell: `true`/`false`, numbers as JSON writes them, nested values as JSON text.

    `is_list`: the manifest declares the column as a list, so `["a", "b"]` becomes `a, b`
    (a list that holds objects stays JSON text, which loses nothing).
    """
    if isinstance(value, str):
        return sanitise(value)
    if is_empty(value):
        return ""
    if is_list and isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return sanitise(", ".join(_plain(item) for item in value if not is_empty(item)))
    return _plain(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
