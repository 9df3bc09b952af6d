"""The reviews of a place that its own site states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from services.reviews.likeness import folded, is_same_name, is_within
from services.reviews.opinion import Opinion, unique
from services.reviews.stated import Reviewed, reviewed
from shared.web.page import Page
from shared.web.site_pages import SitePage


class OwnSite(msgspec.Struct, frozen=True):
    """What the site says of its business, and others of it."""

    nom: str | None
    adresse: str | None
    opinions: list[Opinion]


def own_site(pages: Sequence[SitePage], nom: str | None, *, borrowed: bool = False) -> OwnSite:
    """The reviews of the business called `nom`, whose site this is; `borrowed`: it is a page on somebody else's. Pure.

    Reviews of whom the client named count wherever they stand. Else they must be of the one business that the site
    says it is: where several have reviews, or where it only reviews somebody, nobody knows whose they are.
    """
    by_page = [reviewed(page.page) for page in pages]
    found = [one for ones in by_page for one in ones]
    chosen = [one for one in found if _is_called(one, nom)]
    if not chosen and not borrowed:
        headed = [one for one in by_page[0] if _is_title(one, pages[0].page)]
        declared = [one for one in found if one.is_declared] or headed
        chosen = declared if len(_different(declared)) <= 1 else []
    if chosen and not borrowed:
        named = {id(one) for one in chosen}
        chosen = [one for one in found if not one.names or id(one) in named]
    return OwnSite(
        nom=next((one.names[0] for one in chosen if one.names), None),
        adresse=next((one.address for one in chosen if one.address), None),
        opinions=unique(opinion for one in chosen for opinion in one.opinions),
    )


def _is_called(one: Reviewed, nom: str | None) -> bool:
    return nom is not None and any(is_same_name(nom, name) or is_within(nom, name) for name in one.names)


def _is_title(one: Reviewed, page: Page) -> bool:
    """Whether the home page is headed by the name, as most are by their owner's."""
    title = f" {folded(page.title or '')} "
    return any(name in title for name in (f" {folded(each)} " for each in one.names) if name.strip())


def _different(found: Iterable[Reviewed]) -> set[str]:
    """The names that are left when the unnamed count as anybody's."""
    return {folded(one.names[0]) for one in found if one.names}
