"""The day a review was written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from shared.web.folding import fold

_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?!\d)")
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_DAY_FIRST = re.compile(r"(?:[a-z]{2,10}\.?,? )?(?:le )?(\d{1,2})(?:er|st|nd|rd|th)? ([a-z]{3,10})\.?,? (\d{4})(?!\d)")
_MONTH_FIRST = re.compile(r"(?:[a-z]{2,10}, )?([a-z]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier january janv jan",
            "fevrier february fevr fev feb",
            "mars march mar",
            "avril april avr apr",
            "mai may",
            "juin june jun",
            "juillet july juil jul",
            "aout august aug",
            "septembre september sept sep",
            "octobre october oct",
            "novembre november nov",
            "decembre december dec",
        ),
        1,
    )
    for name in names.split()
}
_EARLIEST, _LATEST = 1995, 2100
_STAMP = 10**9, 4 * 10**9
"""Seconds since 1970 that are a day of our time."""


def day_of(value: Any, language: str | None = None) -> str | None:
    """YYYY-MM-DD of what a page states, as it states it; None for what names no day: `mars 2024`, `il y a un mois`.

    03/04/2024 is the third of April, but on an English page either: None. Pure, never raises.
    """
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_stamp(value)
    return _of_text(value, (language or "fr").lower()) if isinstance(value, str) else None


def _of_text(value: str, language: str) -> str | None:
    text = " ".join(fold(value[:80]).split())
    if found := _ISO.match(text):
        return _day(found[1], found[2], found[3])
    if found := _NUMERIC.match(text):
        return _numeric(int(found[1]), int(found[2]), found[3], language)
    if found := _DAY_FIRST.match(text):
        return _day(found[3], _MONTHS.get(found[2], 0), found[1])
    if found := _MONTH_FIRST.match(text):
        return _day(found[3], _MONTHS.get(found[1], 0), found[2])
    return None


def _numeric(first: int, second: int, year: str, language: str) -> str | None:
    if second > 12:
        return _day(year, first, second)
    if first <= 12 and first != second and language.startswith("en") and language != "en-gb":
        return None
    return _day(year, second, first)


def _of_stamp(value: float) -> str | None:
    seconds = value / 1000 if value > _STAMP[1] else value
    if not _STAMP[0] <= seconds <= _STAMP[1]:
        return None
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _day(year: str, month: int | str, day: int | str) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if _EARLIEST <= found.year <= _LATEST else None
