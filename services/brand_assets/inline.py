"""A drawing that stands in the page itself, as a document of its own."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from shared.web.page import Page

_MAX_BYTES = 1024 * 1024
_USED = re.compile(r"""<use[^>]{0,300}?href\s*=\s*["']#([\w.:-]{1,100})["']""", re.IGNORECASE)
_MOST_PARTS = 8
_SHAPE = re.compile(r"<(?:path|rect|circle|ellipse|polygon|polyline|line|text|image|use)[\s/>]", re.IGNORECASE)
_OPEN = re.compile(r"<svg\b", re.IGNORECASE)


def inline_svg(page: Page, node: LexborNode) -> bytes:
    """The markup of an `svg` element, with the symbols of the page's sprite that it uses; empty: it draws nothing."""
    markup = node.html or ""
    if len(markup) > _MAX_BYTES or not _SHAPE.search(markup):
        return b""
    parts: list[str] = []
    for name in list(dict.fromkeys(_USED.findall(markup)))[:_MOST_PARTS]:
        target = page.tree.css_first(f'[id="{name}"]')
        part = (target.html or "") if target is not None else ""
        if part and f'id="{name}"' not in markup and len(part) < _MAX_BYTES:
            parts.append(part)
    if parts:
        end = markup.find(">") + 1
        markup = f"{markup[:end]}<defs>{''.join(parts)}</defs>{markup[end:]}"
    if "xmlns=" not in markup.partition(">")[0]:
        markup = _OPEN.sub('<svg xmlns="http://www.w3.org/2000/svg"', markup, count=1)
    if "xlink:" in markup and "xmlns:xlink" not in markup.partition(">")[0]:
        markup = _OPEN.sub('<svg xmlns:xlink="http://www.w3.org/1999/xlink"', markup, count=1)
    return markup.encode()
