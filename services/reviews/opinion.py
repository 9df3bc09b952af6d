"""One review as a row has it, whoever tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

MOST = 200
"""Reviews of one place."""
_MOST_CHARACTERS = 150_000
"""Of the texts of one place: six bytes each at worst, and a result has one megabyte."""
_TELLING = 200
"""Characters of a text that make it one's own."""


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """`rating` 1 to 5, `date` YYYY-MM-DD; what the source does not tell is None."""

    author: str | None = None
    rating: float | None = None
    date: str | None = None
    text: str | None = None
    owner_replied: bool | None = None

    @property
    def says_something(self) -> bool:
        """A name and a day alone are no review."""
        return self.rating is not None or self.text is not None


class PlaceNamed(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in each row of a place."""

    nom: str | None
    adresse: str | None
    link: str | None


def rows(place: PlaceNamed, opinions: Iterable[Opinion]) -> list[dict[str, Any]]:
    """The produced columns of each review, in the order given; as many as one result may hold. Pure."""
    made: list[dict[str, Any]] = []
    left = _MOST_CHARACTERS
    for one in opinions:
        left -= len(one.text or "") + len(one.author or "")
        if left < 0 or len(made) == MOST:
            break
        made.append(
            {
                "nom": place.nom,
                "adresse": place.adresse,
                "lien_google_maps": place.link,
                "reviewer_name": one.author,
                "rating": one.rating,
                "date": one.date,
                "review_text": one.text,
                "owner_replied": one.owner_replied,
            }
        )
    return made


def unique(opinions: Iterable[Opinion]) -> list[Opinion]:
    """Each review once, newest first, undated ones last and else as they came. Pure.

    The same author with the same text is the same review; without a text the same rating and day must agree.
    What one account leaves open the other fills in.
    """
    kept: dict[tuple[Any, ...], Opinion] = {}
    for one in opinions:
        author, text = _plain(one.author), _plain(one.text)
        mark = (author, text) if text else (author, one.rating, one.date)
        held = kept.get(mark)
        kept[mark] = _filled(held, one) if held is not None else one
    return sorted(kept.values(), key=lambda one: one.date or "", reverse=True)


def _plain(text: str | None) -> str:
    """The beginning of it, which copies share: some pages cut them."""
    return " ".join((text or "")[:_TELLING].casefold().rstrip("….").split())


def _filled(held: Opinion, more: Opinion) -> Opinion:
    missing = {name: getattr(more, name) for name in held.__struct_fields__ if getattr(held, name) is None}
    return msgspec.structs.replace(held, **missing)
