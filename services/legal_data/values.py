"""Single values of registers, as they are meant."""

from __future__ import annotations

import math
import re
from datetime import date

from shared.web.folding import fold

_MASK = re.compile(r"\[\s*(?:nd|non[ -]diffusible)\s*\]", re.IGNORECASE)
"""What a register writes in place of what somebody opposed the publication of."""
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_FRENCH_DATE = re.compile(r"(\d{1,2})(?:er)? ([a-z]+) (\d{4})")
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip


def said(text: str | None) -> str | None:
    """The text; None for nothing, and for what is hidden."""
    stripped = (text or "").strip()
    return None if not stripped or _MASK.search(stripped) else stripped


def year(text: str | int | None) -> int | None:
    """The year of a date, or of nothing but a year: `1974-03`, `2023`."""
    found = _YEAR.match(str(text or ""))
    return int(found[0]) if found else None


def iso_date(text: str | None) -> str | None:
    """`2024-06-04`, `2024-06-04T00:00:00` or `10 décembre 2009` as an ISO date; None for anything else."""
    stripped = (text or "").strip()
    try:
        return date.fromisoformat(stripped[:10]).isoformat()
    except ValueError:
        pass
    found = _FRENCH_DATE.search(fold(stripped))
    if found is None or found[2] not in _MONTHS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1])).isoformat()
    except ValueError:
        return None


def degrees(text: str | float | None) -> float | None:
    """A latitude or longitude, which may be text, empty, or hidden."""
    try:
        number = float(text if text is not None else math.nan)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
