"""socials: one site in, its owner's profiles on social networks out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from contracts.items import ItemRequested
from services.socials.find import ABOUT, Sighting, sightings
from services.socials.profiles import NETWORKS, Network
from shared.modulekit.module import Context, Result
from shared.web.domains import host_of, provider_accounts, registrable
from shared.web.folding import fold
from shared.web.links import Kind
from shared.web.site_pages import SitePage, collect

KINDS: tuple[Kind, ...] = ("contact",)
_NAMED_LIKE_IT = 40
"""What a name that the site also bears adds to where a profile stands."""
_WORDS = re.compile(r"[a-z0-9]{4,}")
_COMMON = frozenset(
    {"accueil", "home", "bienvenue", "welcome", "site", "officiel", "official", "page", "contact", "france"}
    | {"votre", "notre", "pour", "avec", "facebook", "instagram"}
)
"""Words of titles that are in anybody's name."""


async def process(item: ItemRequested, context: Context) -> Result:
    """Read the home page and the contact page. Raises Retryable or Permanent."""
    pages = await collect(item, context, KINDS, most=2)
    return Result(columns=await context.run(extract, pages))


def extract(pages: Sequence[SitePage]) -> dict[str, str | None]:
    """The produced columns of a site, its home page first. Pure: the same pages, the same answer."""
    found = sightings(pages)
    words = _words_of(pages[0]) if found else frozenset()
    own = registrable(host_of(pages[0].url)).partition(".")[0]
    return {f"social_{network}": _best(network, found, words, own) for network in NETWORKS}


def _best(network: Network, found: Iterable[Sighting], words: frozenset[str], own: str) -> str | None:
    """The likeliest of a network; of equals the first. A mention in a text counts when it bears the site's name."""
    best, best_worth = None, ABOUT - 1
    for one in found:
        account = one.profile.account
        if one.profile.network != network or (account in provider_accounts() and account != own):
            continue
        bare = re.sub(r"[^a-z0-9]", "", fold(account))
        worth = one.weight + _NAMED_LIKE_IT * any(word in bare for word in words)
        worth += 5 * ("/company/" in one.profile.url or "/school/" in one.profile.url)
        if worth > best_worth:
            best, best_worth = one.profile.url, worth
    return best


def _words_of(home: SitePage) -> frozenset[str]:
    """Words that the site's owner is called by: of its host name and its title."""
    label = registrable(host_of(home.url)).partition(".")[0]
    named = {label.replace("-", ""), *_WORDS.findall(label), *_WORDS.findall(fold(home.page.title or "")[:200])}
    return frozenset(word for word in named if len(word) >= 4 and word not in _COMMON)
