"""Finding a site's contact, legal, about, pricing and terms pages from the links of its home page."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from shared.net.errors import FetchError
from shared.net.url import normalise_url
from shared.web.cues import Cue
from shared.web.domains import host_of, same_site
from shared.web.folding import fold
from shared.web.outline import Block, PlacedLink, Region

Kind = Literal["home", "contact", "legal", "about", "pricing", "terms", "privacy", "reviews", "other"]


_KINDS = Path(__file__).parent / "page_kinds.toml"


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of page_kinds.toml."""

    region: Region
    guesses: list[str]
    text: list[str]
    path: list[str]


class _Rule(msgspec.Struct, frozen=True):
    kind: Kind
    text: re.Pattern[str]
    """What the link reads: the whole of it is the best sign, a part a good one."""
    path: re.Pattern[str]
    """One segment of its path, without an ending such as `.html`."""
    region: Region
    guesses: list[str]


@cache
def _rules() -> tuple[_Rule, ...]:
    written = msgspec.toml.decode(_KINDS.read_bytes(), type=dict[Kind, _Written])
    return tuple(
        _Rule(
            kind,
            re.compile(rf"(?<![\w-])(?:{'|'.join(rule.text)})(?![\w-])"),
            re.compile(rf"(?:[\w-]*?[-_.]|p\d+)?(?:{'|'.join(rule.path)})(?:[-_.]\w{{1,14}}){{0,3}}"),
            rule.region,
            rule.guesses,
        )
        for kind, rule in written.items()
    )


@cache
def _words() -> Cue:
    """What every text and path of a kind has in it."""
    written = msgspec.toml.decode(_KINDS.read_bytes(), type=dict[Kind, _Written])
    return Cue("|".join(word for rule in written.values() for word in (*rule.text, *rule.path)))


_NO_PAGE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|zip|rar|7z|gz|tgz|jpe?g|png|gif|webp|svg|avif|ico|mp[34]|webm|mov|avi|ics|vcf|xml|rss"
    r"|json|css|js|txt|csv|exe|dmg|apk)$",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"/(?:blog|actualites?|actus?|news|articles?|posts?|produits?|products?|boutique|shop|collections?|categor(?:y|ie|ies)"
    r"|tags?|author|cart|panier|compte|account|login|wp-login|wp-admin|feed|search|recherche|agenda|evenements?|events?)(?:/|$)|/(?:19|20)\d\d/|/\d{4}-\d\d"
)
"""Where words of our kinds stand in titles of articles and names of products: `/blog/contact-lenses`."""
_ENDING = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cfm|shtml)$")
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|_ga)=[^&]*&?")
_MAX_LINKS = 3000
_MAX_ADDRESS = 500
_MAX_TEXT = 60
"""Longer texts are sentences that mention a page, not its name."""


class _Candidate(msgspec.Struct, frozen=True):
    """An address that may be the site's page of a kind."""

    kind: Kind
    url: str
    score: int


class _Signs(msgspec.Struct, frozen=True):
    """What a link tells of where it leads, folded."""

    text: str
    segment: str
    """The last of its path, without an ending."""
    depth: int
    elsewhere: bool
    """Whether it stands among articles or products."""


def find_pages(home: str, blocks: Iterable[Block]) -> dict[Kind, list[str]]:
    """Addresses on the same site for every kind, the likeliest first, from the links of the page at `home`.

    One address is at most one kind's, in the spelling of `same_site_page`. The same links give the same answer. Pure.
    """
    best: dict[str, _Candidate] = {}
    links = ((link, block.region) for block in blocks for link in block.links)
    for link, region in _telling(list(itertools.islice(links, _MAX_LINKS))):
        signs = _signs(link.url, link.text or link.hint)
        scores = ((_score(rule, signs, region), rule.kind) for rule in _rules())
        score, kind = max(scores, key=lambda one: one[0])
        if score and (address := same_site_page(home, link.url)) is not None:
            held = best.get(address)
            if held is None or score > held.score:
                best[address] = _Candidate(kind, address, score)
    return _ranked(best.values())


def classify(home: str, addresses: Iterable[str]) -> dict[Kind, list[str]]:
    """The same for bare addresses, those of a sitemap; what is of no kind comes under `other`, shortest path first."""
    best: dict[str, _Candidate] = {}
    for url in addresses:
        address = same_site_page(home, url)
        if address is None or address in best:
            continue
        signs = _signs(address, "")
        by_path, kind = max(((_path_score(rule, signs), rule.kind) for rule in _rules()), key=lambda one: one[0])
        score = by_path - signs.depth - len(address) // 40 - 5 * signs.elsewhere
        best[address] = _Candidate(kind if by_path else "other", address, score)
    return _ranked(best.values())


def guesses(home: str, kind: Kind) -> list[str]:
    """Addresses where the page of a kind often is, for a site that links to none."""
    parts = urlsplit(home)
    paths = next((rule.guesses for rule in _rules() if rule.kind == kind), [])
    return [f"{parts.scheme}://{parts.netloc}{path}" for path in paths]


def same_site_page(home: str, url: str) -> str | None:
    """The address in the one spelling all modules fetch, when it is another page of the same site; else None."""
    if not url.startswith(("http://", "https://")) or len(url) > _MAX_ADDRESS:
        return None
    if not same_site(host_of(url), host_of(home)):
        return None
    base, question, query = url.partition("#")[0].partition("?")
    query = _TRACKING.sub("", query).strip("&")
    if _NO_PAGE.search(base):
        return None
    try:
        address = normalise_url(f"{base}?{query}" if question and query else base)
        return None if address.rstrip("/") == normalise_url(home).partition("?")[0].rstrip("/") else address
    except FetchError:
        return None


def _telling(links: Sequence[tuple[PlacedLink, Region]]) -> Iterator[tuple[PlacedLink, Region]]:
    """The few links with a word of a kind in their text or address. All are searched at once: a page has hundreds."""
    read = [f"{link.text or link.hint} {unquote(link.url[:_MAX_ADDRESS])}" for link, _ in links]
    ends = list(itertools.accumulate(len(one) + 1 for one in read))
    words = _words().starts(fold("\n".join(read)))
    return (links[index] for index in sorted({bisect_right(ends, word) for word in words}))


def _signs(url: str, text: str) -> _Signs:
    path = url.partition("#")[0].partition("?")[0].partition("//")[2].partition("/")[2]
    path = fold(unquote(path[:500])).rstrip("/")
    read = fold(text[: 2 * _MAX_TEXT]).strip(" .:>»›→-|•*")
    segment = _ENDING.sub("", path.rpartition("/")[2])
    return _Signs(
        text=read if len(read) <= _MAX_TEXT else "",
        segment=segment if len(segment) <= 50 else "",
        depth=path.count("/"),
        elsewhere=_ELSEWHERE.search(f"/{path}") is not None,
    )


def _score(rule: _Rule, signs: _Signs, region: Region) -> int:
    score = _text_score(rule, signs) + _path_score(rule, signs)
    if not score:
        return 0
    if region == rule.region or (rule.region == "nav" and region == "header"):
        score += 8
    return max(1, score - 2 * signs.depth)


def _text_score(rule: _Rule, signs: _Signs) -> int:
    found = rule.text.search(signs.text) if signs.text else None
    if found is None:
        return 0
    if found[0] == signs.text:
        return 60
    return 0 if signs.elsewhere else 40 if found.start() == 0 else 25


def _path_score(rule: _Rule, signs: _Signs) -> int:
    if not signs.segment or signs.elsewhere or not rule.path.fullmatch(signs.segment):
        return 0
    return 50 if len(signs.segment) < 24 else 35


def _ranked(candidates: Iterable[_Candidate]) -> dict[Kind, list[str]]:
    """Of equal scores the one that came first."""
    pages: dict[Kind, list[str]] = {}
    for one in sorted(candidates, key=lambda one: -one.score):
        pages.setdefault(one.kind, []).append(one.url)
    return pages
