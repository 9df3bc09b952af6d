"""phones_extra: one site in, its further telephone numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.phones_extra.ranking import choose
from services.phones_extra.sightings import sightings
from shared.modulekit.module import Context, Result
from shared.web.domains import host_of
from shared.web.links import Kind
from shared.web.phone_numbers import find_phones, region_of
from shared.web.site_pages import SitePage, collect

KINDS: tuple[Kind, ...] = ("contact", "legal")


async def process(item: ItemRequested, context: Context) -> Result:
    """Fetch the home page and the contact and legal pages. Raises Retryable or Permanent when the home page fails."""
    pages = await collect(item, context, KINDS)
    telephone, postcode = (read_key(item.item, key) for key in ("telephone", "code_postal"))
    return Result(columns=await context.run(extract, pages, _text(telephone), _text(postcode)))


def extract(pages: Sequence[SitePage], telephone: str | None = None, code_postal: str | None = None) -> dict[str, Any]:
    """The produced columns of a site. Pure: the same pages, the same answer.

    `telephone`: the number or numbers of the lead, which never come out again. `code_postal` tells the country of
    numbers without a country code; else the domain's ending does, else they are French.
    """
    region = region_of(host_of(pages[0].url) if pages else "", code_postal)
    known = {placed.phone.e164 for placed in find_phones(telephone or "", region)}
    found = sightings(pages, region)
    chosen = choose([sighting for sighting in found if sighting.phone.e164 not in known])
    return {"phone_secondary": chosen.phone, "mobile": chosen.mobile, "fax": chosen.fax}


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) else None
