"""What the detection is given and what it finds: plain values, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
from selectolax.lexbor import LexborHTMLParser

from services.techstack.rules import Where
from shared.web.text import visible_text


class PageEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One page as a server sent it."""

    url: str
    headers: dict[str, list[str]] = {}
    """Names lower-case."""
    cookies: dict[str, str] = {}
    meta: dict[str, list[str]] = {}
    """Names (or properties) lower-case."""
    tags: list[str] = []
    """Of a Google Tag Manager container, as `container` writes them."""
    scripts: list[str] = []
    """Absolute URLs of script elements."""
    inline_scripts: list[str] = []
    html: str = ""
    parse: Callable[[], LexborHTMLParser] | None = None
    """Gives the tree of `html`; called once, and only when a selector is worth running. None: `html`
    is parsed here."""

    read: Callable[[], str] | None = None
    """Gives what a visitor reads; called once, and only when a rule asks for it."""

    def tree(self) -> LexborHTMLParser:
        return self.parse() if self.parse else LexborHTMLParser(self.html)

    def text(self) -> str:
        return self.read() if self.read else visible_text(self.html)


class Hit(msgspec.Struct, frozen=True):
    """One probe that matched."""

    slug: str
    where: Where
    key: str
    """Name of the header, cookie or meta, or the selector; empty elsewhere."""
    pattern: str
    matched: str
    """What matched, at most 200 characters."""
    version: str | None
    confidence: int
    """Percent."""
    via: Literal["gtm"] | None = None
    """Where else than on the page it was found: in a Google Tag Manager container that the page loads."""


class Matches(msgspec.Struct, frozen=True):
    """All hits on one page, in the order of the rules."""

    hits: tuple[Hit, ...]
    complete: bool
    """False when the time limit ended the search early."""


class Detection(msgspec.Struct, frozen=True):
    """A technology the site runs."""

    slug: str
    name: str
    categories: tuple[str, ...]
    version: str | None
    confidence: int
    """Percent: the sum of what its hits are worth, at most 100."""
    implied_by: tuple[str, ...]
    """Slugs of the technologies that cannot run without it."""
    evidence: tuple[Hit, ...]
    """Empty when it is only implied."""
