"""Where addresses stand on a page, and how good a place that is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from services.emails.address import Address, addresses_in, from_mailto
from shared.web.deobfuscation import cloudflare_email, hidden_strings, readable, readable_among
from shared.web.domains import host_of
from shared.web.sections import Section
from shared.web.site_pages import SitePage
from shared.web.structured_data import texts

_RAW_MAILTO = re.compile(r":(?<=mailto:)([^\"'<>\\\s]{5,300})", re.IGNORECASE)
"""From the colon on: a search for one sign is ten times as fast as one for letters in either case."""
_MAILTO = "mailto:"
_PROTECTED = "/cdn-cgi/l/email-protection#"
_MAX_SIGHTINGS = 2000
"""On one page."""

STATED, LINKED, WRITTEN, ASSEMBLED = range(4)
"""How an address was found: in structured data, in a link, in the text, put together by a script."""


class Sighting(msgspec.Struct, frozen=True):
    """An address in one place."""

    address: Address
    page: int
    """Index of the page, 0 the home page."""
    way: int
    placed: bool
    """Whether owners write their own address there: structured data, header, footer, contact and legal page."""
    foreign: bool
    """Whether it stands where somebody else is spoken of: host, agency, mediator."""


def sightings(pages: Sequence[SitePage]) -> list[Sighting]:
    """Every usable address of a site's pages, in order of pages and places. Pure."""
    site = host_of(pages[0].url)
    return [one for index, page in enumerate(pages) for one in islice(_on(page, index, site), _MAX_SIGHTINGS)]


def _on(page: SitePage, index: int, site: str) -> Iterator[Sighting]:
    for thing in page.organizations:
        for value in texts(thing.get("email")):
            for address in from_mailto(value.removeprefix("mailto:"), site):
                yield Sighting(address, index, STATED, True, False)
    named = page.kind in ("contact", "legal")
    written = dict(readable_among([section.text for section in page.sections]))
    for number, section in enumerate(page.sections):
        placed = named or section.region != "main"
        for way, address in _in_section(section, written.get(number, ""), site):
            yield Sighting(address, index, way, placed, section.is_foreign)
    for value in hidden_strings(page.page.html):
        for address in addresses_in(value, site):
            yield Sighting(address, index, ASSEMBLED, named, False)
    for match in islice(_RAW_MAILTO.finditer(page.page.html), _MAX_SIGHTINGS):
        for address in from_mailto(readable(match[1]), site):
            yield Sighting(address, index, ASSEMBLED, named, False)


def _in_section(section: Section, text: str, site: str) -> Iterator[tuple[int, Address]]:
    """The addresses of its links, then those of its text, which is readable."""
    for link in section.links:
        if link.url[: len(_MAILTO)].lower() == _MAILTO:
            for address in from_mailto(readable(link.url[len(_MAILTO) :]), site):
                yield LINKED, address
        elif _PROTECTED in link.url:
            for address in addresses_in(cloudflare_email(link.url.partition(_PROTECTED)[2]) or "", site):
                yield LINKED, address
    for address in addresses_in(text, site):
        yield WRITTEN, address
