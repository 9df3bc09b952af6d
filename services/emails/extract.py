"""emails: one site in, its owner's e-mail addresses out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.items import ItemRequested
from services.emails.find import sightings
from services.emails.rank import ranked
from shared.modulekit.module import Context, Result
from shared.web.domains import host_of
from shared.web.links import Kind
from shared.web.site_pages import MOST, MOST_DEEP, SitePage, collect

KINDS: tuple[Kind, ...] = ("contact", "legal", "about")


async def process(item: ItemRequested, context: Context) -> Result:
    """Read up to 4 pages of the site, in mode `deep` up to 15. Raises Retryable or Permanent."""
    deep = item.options.get("mode") == "deep"
    pages = await collect(item, context, KINDS, most=MOST_DEEP if deep else MOST, deep=deep)
    return Result(columns=await context.run(extract, pages))


def extract(pages: Sequence[SitePage]) -> dict[str, Any]:
    """The produced columns of a site, its home page first. Pure: the same pages, the same answer."""
    found = ranked(sightings(pages), host_of(pages[0].url))
    persons = [one for one in found if one.personal]
    return {
        "email": str(found[0].address) if found else None,
        "email_personal": str(persons[0].address) if persons else None,
        "emails_all": [str(one.address) for one in found] or None,
        "email_source_url": pages[found[0].page].url if found else None,
    }
