"""The pages of one site that a module reads: its home page and a few that it names.

Every site module chooses with the same function and asks for the same addresses in the same spelling, so that the
page cache answers all but the first of them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from html import unescape
from typing import Any

from contracts.items import ItemRequested
from contracts.manifest import read_key
from shared.modulekit.module import Context, module_error
from shared.net.bot_wall import bot_wall
from shared.net.client import FetchError, Response, require_html
from shared.web.lazy import lazy
from shared.web.links import Kind, classify, guesses
from shared.web.outline import Block
from shared.web.page import Page
from shared.web.reading import READINGS, Reading
from shared.web.sections import Section
from shared.web.structured_data import json_ld_objects, microdata, organizations

MOST = 4
"""Requests for pages of one site, the home page and guessed addresses included: what a module may cost a site."""
MOST_DEEP = 15
_SHARE_OF_TIME = 0.5
"""Of an attempt's time for the pages after the home page: what has come by then is read, the item does not fail."""
_MOST_BYTES = 8 * 1024 * 1024
"""Of all pages of a site: a hundred items in work must fit into memory."""
_LOC = re.compile(r"<loc>\s{0,20}(?:<!\[CDATA\[)?\s{0,20}(https?://[^<\s\]]{1,500})", re.IGNORECASE)
_MAX_LOCS = 2000
_NOT_FOUND = re.compile(r"\b404\b|not found|introuvable|n.existe pas|non trouv", re.IGNORECASE)


class SitePage:
    """One page of a site, parsed when it is first asked for: in the thread that extracts."""

    def __init__(self, kind: Kind, source: Response | Page) -> None:
        self.kind = kind
        self._source = source

    @property
    def url(self) -> str:
        """Where the page came from, after redirects."""
        return self._source.url

    @lazy
    def page(self) -> Page:
        """The page itself."""
        return self._source if isinstance(self._source, Page) else Page.from_response(self._source)

    @property
    def outline(self) -> list[Block]:
        """Its blocks in order."""
        return self._reading.outline

    @property
    def sections(self) -> list[Section]:
        """Its blocks, cut by whom they speak of."""
        return self._reading.sections

    @property
    def json_ld(self) -> list[dict[str, Any]]:
        """The objects of its JSON-LD blocks."""
        return json_ld_objects(self._reading.json_ld_blocks)

    @property
    def organizations(self) -> list[dict[str, Any]]:
        """The organisations that it names as its own, in JSON-LD, then in microdata."""
        items = microdata(self.page) if self._reading.has_microdata else []
        return organizations([*self.json_ld, *items])

    @property
    def named(self) -> dict[Kind, list[str]]:
        """The pages of its site that it links to, by kind, the likeliest first."""
        return self._reading.named

    @lazy
    def _reading(self) -> Reading:
        """Shared with the other modules that read this page."""
        if isinstance(self._source, Page):
            return Reading(self._source)
        kept = vars(self._source)
        if "reading" not in kept:
            kept["reading"] = READINGS.of(self._source, lambda: self.page)
        reading: Reading = kept["reading"]
        return reading


async def home_of(item: ItemRequested, context: Context, *, fresh: bool = False) -> Response:
    """The item's home page, a good HTML page. Raises Retryable or Permanent with the code of what it is instead."""
    site = str(read_key(item.item, "site_web"))
    try:
        if fresh:
            return require_html(await context.fetcher.get_site(site, fresh=True))
        return require_html(await context.fetch_site(site))
    except FetchError as error:
        raise module_error(error) from None


async def collect(
    item: ItemRequested, context: Context, kinds: Sequence[Kind], *, most: int = MOST, deep: bool = False
) -> list[SitePage]:
    """The home page first, then one page of each kind in the order of `kinds`, found by its links or guessed.

    At most `most` requests; `deep` spends what is left of them on further pages of these kinds and on the sitemap's.
    The home page decides about the item: raises Retryable or Permanent. Another page that fails is left out.
    """
    home = await home_of(item, context)
    collected = _Collected(context, home, most)
    with suppress(TimeoutError):
        async with asyncio.timeout(context.spec.timeout * _SHARE_OF_TIME):
            # Of a page of its own: a tree takes megabytes, and would wait for the other pages.
            named = await context.run(lambda: SitePage("home", home).named)
            for kind in kinds:
                await collected.first(kind, named.get(kind, [])[:1] or guesses(home.url, kind))
            if deep:
                await collected.more(kinds, named)
                listed = await collected.sitemap()
                await collected.more([*kinds, *_others(listed, kinds)], listed)
    return collected.pages


def _others(listed: Iterable[Kind], kinds: Sequence[Kind]) -> list[Kind]:
    """The kinds that were not asked for, what is of no kind last."""
    return sorted(set(listed) - set(kinds), key=lambda kind: (kind == "other", kind))


class _Collected:
    """Pages so far, and what may still be spent."""

    def __init__(self, context: Context, home: Response, most: int) -> None:
        self.pages = [SitePage("home", home)]
        self._context = context
        self._home = home
        self._left = most - 1
        self._bytes = _MOST_BYTES - len(home.body)
        self._asked = {home.url, home.requested_url}
        self._had = {home.url}

    async def first(self, kind: Kind, addresses: Sequence[str]) -> None:
        """The first of these that is there."""
        for address in addresses:
            if await self._add(kind, address):
                return

    async def more(self, kinds: Sequence[Kind], found: dict[Kind, list[str]]) -> None:
        """All of these, as far as there is leave to ask."""
        for kind in kinds:
            for address in found.get(kind, []):
                if self._left <= 0:
                    return
                await self._add(kind, address)

    async def sitemap(self) -> dict[Kind, list[str]]:
        """What the sitemap names, or the first sitemap that it names in turn; it counts as requests."""
        root = _sitemap_of(self._home.url)
        locs = await self._locations(root)
        nested = [url for url in locs if url.lower().partition("?")[0].endswith(".xml")]
        if nested:
            pages = [url for url in nested if "page" in url.lower()]
            locs = await self._locations((pages or nested)[0])
        return await self._context.run(classify, self._home.url, locs)

    async def _locations(self, url: str) -> list[str]:
        response = await self._get(url, lambda response: response.status == 200)
        if response is None:
            return []
        text = response.body.decode("utf-8", "replace")
        found = (unescape(match[1]) for match in _LOC.finditer(text))
        return [url for _, url in zip(range(_MAX_LOCS), found, strict=False)]

    async def _add(self, kind: Kind, address: str) -> bool:
        response = await self._get(address, _is_page)
        if response is None or response.url in self._had or len(response.body) > self._bytes:
            return False
        self._had.add(response.url)
        self._bytes -= len(response.body)
        self.pages.append(SitePage(kind, response))
        return True

    async def _get(self, address: str, accepted: Callable[[Response], bool]) -> Response | None:
        if self._left <= 0 or address in self._asked:
            return None
        self._asked.add(address)
        self._left -= 1
        try:
            response = await self._context.fetcher.get(address)
        except FetchError:
            return None
        return response if accepted(response) else None


def _sitemap_of(home: str) -> str:
    """Where a site's sitemap is by convention."""
    scheme, _, rest = home.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/sitemap.xml"


def _is_page(response: Response) -> bool:
    """A page that is there: good HTML and no `not found` that calls itself 200."""
    try:
        require_html(response)
    except FetchError:
        return False
    start = response.body[:20_000].decode("utf-8", "replace")
    title = start.partition("<title")[2].partition("</title")[0]
    return response.status == 200 and bot_wall(response) is None and not _NOT_FOUND.search(title)
