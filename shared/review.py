"""What one customer says of one place, whichever source tells it."""

from __future__ import annotations

import msgspec


class Review(msgspec.Struct, frozen=True):
    """One opinion on a place: `rating` from 1 to 5, `date` ISO 8601."""

    author: str | None
    rating: float | None
    date: str | None
    text: str | None
