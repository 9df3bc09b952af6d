"""What a CSS selector needs to find in the page's text before it is worth running."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from services.techstack.patterns import SHORTEST_LITERAL

_FUNCTION = re.compile(r":(?:not|has|is|where)\([^)]*\)")
_ATTRIBUTE = re.compile(r"""\[\s*(?P<name>[\w-]+)\s*(?:[~|^$*]?=\s*["']?(?P<value>[^"'\]]*)["']?\s*[is]?\s*)?\]""")
_EVERYWHERE = frozenset({"stylesheet", "preload", "preconnect", "script", "iframe", "button", "hidden", "submit"})
"""Words that most pages have: a selector's other words say more."""
_NAME = re.compile(r"[#.]?(?P<name>[\w-]+)")


def selector_literals(selector: str) -> frozenset[bytes]:
    """Lower-case literals of which any page with a match contains one; empty when there is none.

    Each comma-separated alternative gives its longest name or attribute value that is not on every page.
    """
    found = [_longest(part) for part in _alternatives(selector)]
    return frozenset(found) if all(len(word) >= SHORTEST_LITERAL for word in found) else frozenset()


def _alternatives(selector: str) -> list[str]:
    """The selector's parts between commas, quoted commas left alone."""
    return re.findall(r"""(?:"[^"]*"|'[^']*'|[^,"'])+""", selector)


def _longest(part: str) -> bytes:
    part = _FUNCTION.sub(" ", part)
    words = [word for hit in _ATTRIBUTE.finditer(part) for word in (hit["value"], hit["name"]) if word]
    words += [hit["name"] for hit in _NAME.finditer(_ATTRIBUTE.sub(" ", part))]
    return max(words, key=lambda word: (word.lower() not in _EVERYWHERE, len(word)), default="").lower().encode()


def selector_is_valid(selector: str) -> bool:
    """Whether the engine that will run the selector can read it."""
    try:
        LexborHTMLParser("").css_first(selector)
    except SelectolaxError:
        return False
    return True


def opening_tag(node: LexborNode) -> str:
    """How the element begins, so that a reader can find it in the page."""
    attributes = "".join(f' {name}="{value or ""}"' for name, value in node.attributes.items())
    return f"<{node.tag}{attributes}>"
