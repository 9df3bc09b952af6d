"""legal_ids: one site in, its publisher's company numbers out."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.items import ItemRequested
from contracts.manifest import read_key
from shared.legal.notice import KINDS, notices
from shared.legal.publisher import find_publisher
from shared.modulekit.module import Context, Result
from shared.web.site_pages import SitePage, collect


async def process(item: ItemRequested, context: Context) -> Result:
    """Fetch the home page and those that name a publisher. Raises Retryable or Permanent when the home page fails."""
    pages = await collect(item, context, KINDS)
    nom = read_key(item.item, "nom")
    return Result(columns=await context.run(extract, pages, nom if isinstance(nom, str) else None))


def extract(pages: Sequence[SitePage], nom: str | None = None) -> dict[str, str | None]:
    """The produced columns of a site. Pure: the same pages, the same answer.

    `nom`, the name of the lead, helps to tell the publisher from others; a company of another name is not refused.
    """
    found = find_publisher(notices(pages), [page.json_ld for page in pages], nom)
    if found is None:
        return {"siren": None, "siret": None, "legal_ids_source_url": None}
    return {"siren": found.siren, "siret": found.siret, "legal_ids_source_url": pages[found.mention.page].url}
