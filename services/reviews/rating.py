"""Ratings on the scale from 1 to 5, whatever scale they were given on."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = re.compile(
    r"(\d{1,4}(?:[.,]\d{1,6})?)\s{0,5}(?:/\s{0,5}(\d{1,4})|(%))?\s{0,5}(?:étoiles?|stars?|\*)?", re.IGNORECASE
)
_STARS = re.compile(r"(★{1,5})☆{0,4}")
_USUAL_BEST, _USUAL_WORST = 5.0, 1.0
"""https://schema.org/bestRating, …/worstRating: assumed where nothing is said."""
_LARGEST = 1000.0


def rating_of(stated: Any) -> float | None:
    """What a review's `reviewRating`, or a bare value, gives: a share of the best, at least 1; None: nothing usable.

    8 of 10 is 4, 90 of 100 is 4.5. A value beyond its own scale says nothing. Pure, never raises.
    """
    thing = next((one for one in stated if one), None) if isinstance(stated, list) else stated
    if not isinstance(thing, dict):
        return _shared(thing, None, None)
    return _shared(thing.get("ratingValue"), thing.get("bestRating"), thing.get("worstRating"))


def _shared(value: Any, best: Any, worst: Any) -> float | None:
    number, of = _read(value)
    most = of or (_USUAL_BEST if best in (None, "") else _read(best)[0])
    if number is None or not most:
        return None
    least = _read(worst)[0]
    if least is None:
        least = _USUAL_WORST if most > _USUAL_WORST else 0.0
    if not least < most or not least <= number <= most:
        return None
    share = round(max(1.0, 5 * number / most), 2)
    return int(share) if share == int(share) else share


def _read(value: Any) -> tuple[float | None, float | None]:
    """The number, and the scale where the text names it: `4,5/5`, `90 %`, `★★★★☆`."""
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None, None
    if not isinstance(value, str):
        return (float(value) if 0 <= value <= _LARGEST else None), None
    value = value.strip()
    if stars := _STARS.fullmatch(value):
        return float(len(stars[1])), _USUAL_BEST
    found = _NUMBER.fullmatch(value)
    if found is None:
        return None, None
    scale = 100.0 if found[3] else float(found[2]) if found[2] else None
    return float(found[1].replace(",", ".")), scale
