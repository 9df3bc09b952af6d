"""Colours that a page states: theme-color and the custom properties of its own style blocks."""

from __future__ import annotations

import re

from PIL import ImageColor

from services.brand_assets.imaging.palette import to_hex
from shared.web.page import Page

_PROPERTY = re.compile(r"--([a-z0-9_-]{1,80})\s{0,10}:\s{0,10}([^;{}]{1,60})", re.IGNORECASE)
_NAMES = (
    re.compile(r"(?:[a-z0-9_-]*[-_])?brand(?:[-_]?(?:color|colour|primary|main|500|base))?"),
    re.compile(
        r"(?:[a-z0-9_-]*[-_])?(?:colou?r[-_]?(?:primary|main|principale|theme)|(?:primary|main|theme|principale)(?:[-_]?colou?r)?)"
    ),
    re.compile(r"(?:[a-z0-9_-]*[-_])?(?:colou?r[-_]?(?:accent|secondary)|(?:accent|secondary)(?:[-_]?colou?r)?)"),
)
"""What a designer calls the brand's colour, the surest first; the whole name must match."""
_FOREIGN = re.compile(
    r"text|background|bg|border|hover|contrast|font|shadow|link|on[-_]|gradient|vivid|cyan|luminous|rgb$|mce|toastify|swiper"
)
_DEFAULTS = frozenset(
    (
        "#0D6EFD", "#007BFF", "#6C757D",  # Bootstrap 5 and 4
        "#6EC1E4", "#61CE70", "#54595F", "#7A7A7A",  # Elementor's kit before it is touched
        "#007CBA", "#0073AA", "#2271B1", "#3858E9",  # WordPress's own administration
        "#6200EE", "#03DAC6", "#3F51B5", "#1976D2",  # Material
        "#485FC7", "#00D1B2",  # Bulma
        "#24B9D7",  # PrestaShop
        "#007AFF",  # Swiper
    )
)  # fmt: skip
"""What frameworks say when nobody chose."""
_MAX_CSS = 500_000
_MAX_FOUND = 2000


def theme_colours(page: Page) -> list[str]:
    """`#RRGGBB` of the theme-color and tile-color metas, in order."""
    said = [*page.meta.get("theme-color", []), *page.meta.get("msapplication-tilecolor", [])]
    return [colour for text in said[:8] if (colour := parse_colour(text)) is not None]


def css_colours(page: Page) -> list[str]:
    """`#RRGGBB` of custom properties whose name says brand, primary or accent, the surest first."""
    css = "\n".join(node.text() or "" for node in page.tree.css("style"))[:_MAX_CSS]
    root = page.tree.css_first("html[style]")
    if root is not None:
        css += f"\n{(root.attributes.get('style') or '')[:10_000]}"
    ranked: list[tuple[int, int, str]] = []
    for order, found in enumerate(_PROPERTY.finditer(css)):
        if order >= _MAX_FOUND:
            break
        name = found[1].lower()
        place = next((place for place, pattern in enumerate(_NAMES) if pattern.fullmatch(name)), None)
        colour = parse_colour(found[2]) if place is not None and not _FOREIGN.search(name) else None
        if place is not None and colour is not None and colour not in _DEFAULTS:
            ranked.append((place, order, colour))
    return list(dict.fromkeys(colour for _, _, colour in sorted(ranked)))


_PARTS = re.compile(r"(rgb|hsl)a?\(([^()]{1,60})\)")


def parse_colour(text: str) -> str | None:
    """`#RRGGBB` of a CSS colour; None for what is none, or can be seen through."""
    text = text.partition("!")[0].strip().lower()
    if not text or len(text) > 60:
        return None
    if (function := _PARTS.fullmatch(text)) is not None:
        parts = [part for part in re.split(r"[\s,/]+", function[2].strip()) if part]
        if len(parts) == 4 and parts[3] in ("1", "100%", "1.0"):
            parts = parts[:3]
        if len(parts) != 3:
            return None
        text = f"{function[1]}({','.join(parts)})".replace("deg", "")
    try:
        colour = ImageColor.getrgb(text)
    except ValueError:
        return None
    if len(colour) == 4 and colour[3] < 255:
        return None
    return to_hex((colour[0], colour[1], colour[2]))
