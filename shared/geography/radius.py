"""« Lyon 30km » and its other spellings."""

from __future__ import annotations

import re
from typing import NamedTuple

_KM = r"(?<![\d.,])(?P<km>\d{1,6}(?:[.,]\d{1,3})?) ?(?:km|kms|kilometres?)"
_WITHIN = r"(?:(?:dans )?(?:un )?rayon (?:de |d')?)?"
_AT = r"(?:(?<![a-z0-9])a )?"
_ABOUT = r"(?:autour (?:de |d'|du |des ))?"
_FORMS = (
    re.compile(rf"{_WITHIN}{_AT}{_KM} (?:a la ronde )?(?:autour |alentour )?(?:de |d'|du |des )(?P<place>.+)"),
    re.compile(rf"{_ABOUT}(?P<place>.*?[^\s,;:(+/-])[\s,;:(+/-]*{_WITHIN}{_AT}{_KM}(?: a la ronde| autour)?\s*\)?"),
)


class Around(NamedTuple):
    """A place, as written, and kilometres around it."""

    place: str
    kilometres: float


def around(text: str) -> Around | None:
    """The parts of a radius in plain text; None for text without one."""
    text = " ".join(text.split())
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    return Around(match["place"], float(match["km"].replace(",", "."))) if match else None
