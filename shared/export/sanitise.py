"""No cell of a download may become a formula in the spreadsheet that opens it.

OWASP, "CSV Injection", and ASVS 5.0 1.2.10: a text that begins with a character from which a spreadsheet
starts a formula gets an apostrophe before it. Numbers and phone numbers (`-3.5`, `+33 1 23 45 67 89`) can
begin with a sign and compute nothing; they stay as they are. Only downloads are treated: rows that go from
one job to the next keep their raw values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_STARTS_A_FORMULA = frozenset("=+-@\t\r\0＝＋－＠")
_NUMBER_OR_PHONE = re.compile(r"[+-]?[0-9][0-9 .,()/-]*")
"""Matched with `fullmatch`: `$` would let a line break through."""


def sanitise(text: str) -> str:
    """`text`, with a leading apostrophe if a spreadsheet could take it for a formula."""
    if text and text[0] in _STARTS_A_FORMULA and not _NUMBER_OR_PHONE.fullmatch(text):
        return f"'{text}"
    return text


def sanitise_value(value: Any) -> Any:
    """A decoded JSON value with every string in it sanitised, keys and nested ones too."""
    if isinstance(value, str):
        return sanitise(value)
    if isinstance(value, dict):
        return dict(zip(sanitise_names(value), map(sanitise_value, value.values()), strict=True))
    if isinstance(value, list):
        return [sanitise_value(item) for item in value]
    return value


def sanitise_names(names: Iterable[str]) -> list[str]:
    """Column names or object keys, sanitised and still distinct: none may hide another (`=a` and `'=a`)."""
    names = list(names)
    taken = {name for name in names if sanitise(name) == name}
    safe = []
    for name in names:
        candidate = sanitise(name)
        if candidate != name:
            while candidate in taken:
                candidate = f"'{candidate}"
            taken.add(candidate)
        safe.append(candidate)
    return safe
