"""Where profiles stand on a page, and how sure it is that they are the site's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import parse_qs

import msgspec

from services.socials.profiles import Profile, profile
from shared.web.folding import fold
from shared.web.sections import Section
from shared.web.site_pages import SitePage
from shared.web.structured_data import leaves, state, texts

_MAX_SIGHTINGS = 2000
_GENERIC = re.compile(
    r"(?:(?:suivez|follow|rejoignez|retrouvez|join|find|aimez|like|visit|see|voir|decouvrez|notre|nos|our|nous|us|la|le|page|chaine|profil"
    r"|profile|compte|account|channel|company|sur|on|social|media|reseaux|sociaux|lien|link|vers|opens?|in|a|new|window|tab|icone?|logo|the|et|and"
    r"|facebook|instagram|linkedin|linked|twitter|x|tiktok|tik|tok|youtube|you|tube|fb|insta|yt|ig)\b[\W_]*)*"
)
"""What a link to one's own profile reads, when it reads anything."""

STATED, PLACED, EMBEDDED, ABOUT, MENTIONED = 100, 60, 50, 30, 0


class Sighting(msgspec.Struct, frozen=True):
    """A profile in one place."""

    profile: Profile
    weight: int
    """STATED in data, PLACED in header or footer, EMBEDDED as a widget, ABOUT oneself by what it reads, MENTIONED."""


def sightings(pages: Sequence[SitePage]) -> list[Sighting]:
    """Every profile of a site's pages, in order. What stands where somebody else is spoken of is left out. Pure."""
    return [one for page in pages for one in islice(_on(page), _MAX_SIGHTINGS)]


def _on(page: SitePage) -> Iterator[Sighting]:
    for weight, address in _addresses(page):
        found = profile(address)
        if found is not None:
            yield Sighting(found, weight)


def _addresses(page: SitePage) -> Iterator[tuple[int, str]]:
    for thing in page.organizations:
        for address in texts(thing.get("sameAs")):
            yield STATED, f"https://{address}" if address.startswith(("www.", "facebook.", "instagram.")) else address
    for section in page.sections:
        if not section.is_foreign:
            yield from _in_section(section)
    yield from _embedded(page)
    for value in state(page.page):
        for _, leaf in leaves(value):
            if isinstance(leaf, str) and leaf.startswith("http") and len(leaf) < 300:
                yield MENTIONED, leaf


def _in_section(section: Section) -> Iterator[tuple[int, str]]:
    for link in section.links:
        reads = fold(link.text or link.hint)
        weight = PLACED if section.region != "main" else ABOUT if _GENERIC.fullmatch(reads) else MENTIONED
        yield weight + 10 * ("me" in link.rel.split()), link.url


def _embedded(page: SitePage) -> Iterator[tuple[int, str]]:
    for node in page.page.tree.css(".fb-page[data-href]"):
        yield EMBEDDED, node.attributes.get("data-href") or ""
    for node in page.page.tree.css('iframe[src*="/plugins/page.php"]'):
        query = (node.attributes.get("src") or "")[:2000].partition("?")[2]
        for address in parse_qs(query).get("href", []):
            yield EMBEDDED, address
    for address in page.page.meta.get("article:publisher", []):
        yield EMBEDDED, address
    for name in page.page.meta.get("twitter:site", []):
        yield EMBEDDED, f"https://x.com/{name.strip().lstrip('@')}"
    for node in page.page.tree.css('link[rel~="me"][href]'):
        yield EMBEDDED, node.attributes.get("href") or ""
