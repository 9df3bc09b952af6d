"""reviews: one place in, a row for each of its reviews out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.reviews.asked import Asked, asked
from services.reviews.google import find, follow, opinions
from services.reviews.maps_link import MapsLink, read_link
from services.reviews.opinion import PlaceNamed, rows
from services.reviews.own_site import own_site
from shared.google_places import GooglePlaces
from shared.modulekit.errors import ModuleError, Retryable, Unavailable
from shared.modulekit.module import ATTEMPT, Context, Result
from shared.review_sources import NOTHING_TO_ASK, SITES_ALONE
from shared.web.links import Kind
from shared.web.site_pages import SitePage, collect

KINDS: tuple[Kind, ...] = ("reviews",)
_MOST_PAGES = 3

_Rows = list[dict[str, Any]]


_googles: WeakKeyDictionary[Context, GooglePlaces | None] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Ask Google Places and, where that has nothing to say, the place's own site.

    A place without reviews gives no row. Raises Retryable, Permanent or Unavailable.
    """
    wanted = asked(item.item, await _link(item, context))
    said = await _of_google(item, wanted, context)
    if isinstance(said, list) and (said or wanted.site is None):
        return Result(rows=said)
    if wanted.site is None:
        raise said if isinstance(said, ModuleError) else Unavailable("no_source", NOTHING_TO_ASK)
    try:
        pages = await collect(item, context, KINDS, most=_MOST_PAGES)
        found = await context.run(extract, pages, wanted)
    except ModuleError:
        if said is None:  # the site was all there was to ask
            raise
        found = []
    if not found and isinstance(said, ModuleError):
        raise said
    return Result(rows=found)


def extract(pages: Sequence[SitePage], wanted: Asked) -> _Rows:
    """The rows of a place's own site, its home page first. Pure: the same pages, the same answer."""
    site = own_site(pages, wanted.nom, borrowed=wanted.borrowed_site)
    place = PlaceNamed(nom=wanted.nom or site.nom, adresse=wanted.adresse or site.adresse, link=wanted.link)
    return rows(place, site.opinions)


async def _link(item: ItemRequested, context: Context) -> MapsLink | None:
    """What the item's link says. A short one is followed where the item has no id and there is a key to ask with.

    Raises Retryable while there are attempts left, or no name to go by.
    """
    link = read_key(item.item, "lien_google_maps")
    if not isinstance(link, str):
        return None
    without = asked(item.item, None)
    if _google(context) is None or without.place_ids:
        return read_link(link)
    try:
        return await follow(link, context.fetcher)
    except Retryable:
        if ATTEMPT.get() < context.spec.attempts or not without.can_be_searched:
            raise
        return None


async def _of_google(item: ItemRequested, wanted: Asked, context: Context) -> _Rows | ModuleError | None:
    """The rows, none of a place without reviews; why there are none; or None without a key to ask with.

    Raises Retryable while there are attempts left, or no site to turn to.
    """
    google = _google(context)
    if google is None:
        await context.log_once(item, "warn", SITES_ALONE)
        return None
    try:
        place = await find(google, wanted)
    except Retryable as error:
        if wanted.site is None or ATTEMPT.get() < context.spec.attempts:
            raise
        return error
    except Unavailable as error:
        await context.log_once(item, "warn", error.message)
        return error
    except ModuleError as error:
        return error
    named = PlaceNamed(
        nom=place.name or wanted.nom,
        adresse=place.formatted_address or wanted.adresse,
        link=place.google_maps_uri or wanted.link,
    )
    return rows(named, opinions(place))


def _google(context: Context) -> GooglePlaces | None:
    """Made by the first item of a process; None: there is no key."""
    if context not in _googles:
        key = context.settings.google_places_key
        _googles[context] = GooglePlaces(context.settings, context.quotas) if key else None
    return _googles[context]
