"""Which pictures of a page may be the logo of its owner, the likeliest first.

Order: what the owner says to machines (JSON-LD), what stands where logos stand and leads home, then what is meant for
other sites' previews (og:logo), for home screens (apple-touch-icon), and last og:image, which is often a photo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from selectolax.lexbor import LexborNode

from services.brand_assets.candidates import Candidate, distinct, named
from services.brand_assets.icons import touch_icons
from services.brand_assets.inline import inline_svg
from shared.web.domains import host_of, same_site
from shared.web.page import Page
from shared.web.structured_data import json_ld

_MOST_PICTURES = 400
"""Of a page that are looked at: a header is at its beginning."""
_MOST_ANCESTORS = 12
_LOGO = re.compile(r"logo|(?<![a-z])brand(?![a-z])", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?<![a-z])(?:partner|partenaire|client(?!el)|customer|sponsor|payment|paiement|label(?!l)|certif|award|presse?(?![a-z])|testimonial"
    r"|temoign|social|footer|flags?(?![a-z])|lang(?:uage)?s?(?![a-z])|facebook|instagram|linkedin|twitter|youtube|tiktok|whatsapp|google"
    r"|tripadvisor|visa(?![a-z])|mastercard|paypal|loader|spinner|marques(?![a-z]))",
    re.IGNORECASE,
)
"""Logos of others, on classes, file names and alternative texts."""
_HEADER = re.compile(
    r"(?<![\w-])(?:site|page|main|top|l)?[-_]?(?:header|masthead|navbar|topbar|nav-?bar)(?![a-z])", re.IGNORECASE
)
_NOT_SAID_BY_OWNER = frozenset(
    {"Product", "Brand", "Offer", "Review", "Person", "JobPosting", "Event", "Recipe", "SoftwareApplication"}
)
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset", "srcset", "src")
_NO_PLACE = frozenset({"svg", "footer", "noscript", "template"})
_HOMES = ("", "index.html", "index.php", "home", "accueil", "fr", "en")
_MAX_TEXT = 300


def logo_candidates(page: Page) -> list[Candidate]:
    """Every picture that may be the logo. Pure; the same page, the same list."""
    meta = page.meta
    return distinct(
        [
            *_from_json_ld(page),
            *_from_header(page),
            *(named(page, "og_logo", address) for name in ("og:logo", "logo") for address in meta.get(name, [])),
            *(named(page, "apple_touch_icon", icon.href) for icon in touch_icons(page)),
            *(
                named(page, "og_image", address)
                for name in ("og:image", "og:image:url", "og:image:secure_url")
                for address in meta.get(name, [])[:1]
            ),
        ]
    )


def _from_json_ld(page: Page) -> Iterator[Candidate | None]:
    objects = json_ld(page)
    by_id = {str(one["@id"]): one for one in objects if isinstance(one.get("@id"), str)}
    for one in objects:
        publisher = one.get("publisher")
        for said in (one, publisher if isinstance(publisher, dict) else {}):
            if _is_owner(page, said):
                for address in _addresses(said.get("logo"), by_id):
                    yield named(page, "json_ld", address)


def _is_owner(page: Page, said: dict[str, Any]) -> bool:
    kinds = said.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    if any(name in _NOT_SAID_BY_OWNER for name in names if isinstance(name, str)):
        return False
    url = said.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return True
    return same_site(host_of(url), host_of(page.url))


def _addresses(logo: Any, by_id: dict[str, dict[str, Any]], depth: int = 0) -> Iterator[str]:
    match logo:
        case str() if logo.strip():
            yield logo.strip()
        case list() if depth < 3:
            for one in logo[:4]:
                yield from _addresses(one, by_id, depth + 1)
        case dict() if depth < 3:
            said = next((logo[key] for key in ("contentUrl", "url") if isinstance(logo.get(key), str)), None)
            if said is not None:
                yield said.strip()
            elif (known := by_id.get(str(logo.get("@id", "")))) is not None:
                yield from _addresses({key: known.get(key) for key in ("contentUrl", "url")}, by_id, depth + 1)


def _from_header(page: Page) -> list[Candidate | None]:
    """Pictures by how much they look like the logo; those of one rank in the page's order."""
    ranked: list[tuple[int, int, Candidate | None]] = []
    for order, node in enumerate(page.tree.css("img, svg")[:_MOST_PICTURES]):
        score = _score(page, node)
        if score:
            ranked.append((-score, order, _picture(page, node)))
    return [candidate for _, _, candidate in sorted(ranked, key=lambda one: one[:2])][:4]


def _score(page: Page, node: LexborNode) -> int:
    """0: not a logo of this site. Leading home, standing in the header and being called a logo count."""
    place = _place(page, node)
    if place is None or not (place.leads_home or place.in_header):
        return 0
    is_called = any(_LOGO.search(text) for text in place.texts)
    if not (is_called if node.tag == "svg" else is_called or (place.leads_home and place.in_header)):
        return 0  # icons are drawings too
    return 1 + 4 * place.leads_home + 2 * is_called + place.in_header


class _Place(NamedTuple):
    """Where a picture stands, and what is said of it."""

    leads_home: bool
    in_header: bool
    texts: list[str]


def _place(page: Page, node: LexborNode) -> _Place | None:
    """None: where logos of others stand, in a link that leads elsewhere, or where nothing is seen."""
    texts: list[str] = []
    leads_home = in_header = False
    for depth, parent in enumerate(_ancestors(node)):
        tag = parent.tag
        if tag == "a" and not leads_home:
            if not _is_home(page, parent.attributes.get("href") or ""):
                return None
            leads_home = True
            texts.append(_said(parent))
        about = _about(parent)
        if tag in _NO_PLACE or _is_of_others(about):
            return None
        if depth < 3:
            texts.append(about)
        in_header = in_header or tag in ("header", "nav") or _is_header(about)
    said = _said(node)
    return None if _is_of_others(said) else _Place(leads_home, in_header, [said, *texts])


# The same names stand on a page a hundred times.


@lru_cache(maxsize=2048)
def _is_of_others(text: str) -> bool:
    return _OTHERS.search(text) is not None


@lru_cache(maxsize=2048)
def _is_header(text: str) -> bool:
    return _HEADER.search(text) is not None


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    for _ in range(_MOST_ANCESTORS):
        if parent is None or parent.tag in ("body", "html", "-document"):
            return
        yield parent
        parent = parent.parent


def _about(node: LexborNode) -> str:
    attributes = node.attributes
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_MAX_TEXT]


def _said(node: LexborNode) -> str:
    attributes = node.attributes
    source = (attributes.get("src") or "").rpartition("/")[2] if not _is_data(attributes.get("src")) else ""
    names = ("alt", "title", "aria-label")
    return f"{_about(node)} {source} {' '.join(attributes.get(name) or '' for name in names)}"[: 2 * _MAX_TEXT]


def _is_home(page: Page, href: str) -> bool:
    url = page.absolute(href)
    return url is not None and _path(url) in (*_HOMES, _path(page.url)) and same_site(host_of(url), host_of(page.url))


def _path(url: str) -> str:
    return url.partition("://")[2].partition("/")[2].partition("#")[0].partition("?")[0].strip("/").lower()


def _picture(page: Page, node: LexborNode) -> Candidate | None:
    if node.tag == "svg":
        body = inline_svg(page, node)
        return Candidate("header_svg", body=body) if body else None
    for name in _LAZY:
        address = node.attributes.get(name) or ""
        if name.endswith("srcset"):
            address = _largest(address)
        if not address or (_is_data(address) and not address.lower().startswith("data:image/svg")):
            continue  # a placeholder while the picture loads
        candidate = named(page, "header", address)
        if candidate is not None:
            return candidate
    return None


def _largest(srcset: str) -> str:
    """The address with the largest descriptor of a srcset attribute."""
    best, size = "", -1.0
    for part in srcset[:8000].split(", "):
        address, _, descriptor = part.strip().rstrip(",").partition(" ")
        digits = descriptor.strip().rstrip("wx")
        here = float(digits) if digits.replace(".", "", 1).isdecimal() and len(digits) < 8 else 0.0
        if address and here > size:
            best, size = address, here
    return best


def _is_data(address: str | None) -> bool:
    return (address or "")[:5].lower() == "data:"
