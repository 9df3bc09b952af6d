"""Which pictures of a page may be its favicon, the best size first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from services.brand_assets.candidates import Candidate, distinct, named
from shared.web.page import Page

MANY = 96
"""Pixels from which no larger icon is looked for in the manifest."""
_BEST = 512
_VECTOR = 400
"""What a drawing counts as: better than small pictures, less sure than a large one."""
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.IGNORECASE)
_MOST = 60
_MAX_MANIFEST = 256 * 1024


class Icon(msgspec.Struct, frozen=True):
    """One icon of a page or its manifest."""

    href: str
    size: int
    """Pixels of its side as said, else as usual for its kind."""
    rank: int
    """Of two of one size the lower one is taken: 0 icon, 1 home screen, 2 manifest, 3 without being named, 4 mask."""


def page_icons(page: Page) -> list[Icon]:
    """The icons of the link elements."""
    found: list[Icon] = []
    for node in page.tree.css("link[rel][href]")[:_MOST]:
        attributes = node.attributes
        rels = (attributes.get("rel") or "").lower().split()
        href = (attributes.get("href") or "").strip()
        if not href:
            continue
        kind = (attributes.get("type") or "").lower()
        is_vector = (
            "svg" in kind or href.lower().partition("?")[0].endswith(".svg") or href[:14].lower() == "data:image/svg"
        )
        stated = _side(attributes.get("sizes") or "")
        if "mask-icon" in rels:
            found.append(Icon(href, 0, 4))  # a silhouette in one colour
        elif "apple-touch-icon" in rels or "apple-touch-icon-precomposed" in rels:
            found.append(Icon(href, stated or 180, 1))
        elif "icon" in rels:
            found.append(Icon(href, _VECTOR if is_vector else stated or 32, 0))
    return found


def touch_icons(page: Page) -> list[Icon]:
    """Those for home screens, the largest first."""
    return sorted((icon for icon in page_icons(page) if icon.rank == 1), key=lambda icon: -icon.size)


def manifest_address(page: Page) -> str | None:
    """Where the web app manifest is, if the page has one."""
    node = page.tree.css_first('link[rel~="manifest" i][href]')
    url = page.absolute(node.attributes.get("href") or "") if node is not None else None
    return url if url is not None and url.startswith(("http://", "https://")) else None


def manifest_icons(body: bytes) -> list[Icon]:
    """The icons of a manifest; an address is relative to the manifest's. Never raises."""
    if len(body) > _MAX_MANIFEST:
        return []
    try:
        said: Any = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return []
    icons = said.get("icons") if isinstance(said, dict) else None
    found: list[Icon] = []
    for one in icons[:_MOST] if isinstance(icons, list) else []:
        href = one.get("src") if isinstance(one, dict) else None
        if not isinstance(href, str) or not href or str(one.get("purpose", "any")) == "monochrome":
            continue
        is_vector = "svg" in str(one.get("type", "")).lower()
        found.append(Icon(href, _VECTOR if is_vector else _side(str(one.get("sizes", ""))) or 48, 2))
    return found


def favicon_candidates(page: Page, icons: Iterable[Icon]) -> list[Candidate]:
    """These icons and /favicon.ico, the best first: the largest up to 512 pixels."""
    every = sorted([*icons, Icon("/favicon.ico", 16, 3)], key=lambda icon: (-_worth(icon.size), icon.rank))
    return distinct(named(page, "favicon", icon.href) for icon in every)


def _worth(size: int) -> int:
    return size if size <= _BEST else _BEST - min(size - _BEST, _BEST - 1) // 2


def _side(sizes: str) -> int:
    return max((min(int(width), int(height)) for width, height in _SIZE.findall(sizes[:500])), default=0)
