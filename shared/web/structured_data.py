"""JSON-LD: what a page says of itself for machines (schema.org mostly)."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from shared.web.page import Page

_WRAPPING = re.compile(r"<!--|-->|//<!\[CDATA\[|//\]\]>|/\*<!\[CDATA\[\*/|/\*\]\]>\*/|<!\[CDATA\[|\]\]>")
_TRAILING_COMMA = re.compile(r",(\s*+[}\]])")
_DECODER = json.JSONDecoder(strict=False)
_MAX_OBJECTS = 1000


def json_ld(page: Page) -> list[dict[str, Any]]:
    """The objects of all JSON-LD blocks, in order; lists and `@graph` are laid flat. Never raises.

    Tolerated: comment and CDATA wrappers, line breaks in strings, trailing commas, escaped quotes
    (`&quot;`), text after the value. A block that still does not parse is left out.
    """
    found: list[dict[str, Any]] = []
    for node in page.tree.css('script[type*="ld+json" i]'):
        found.extend(_objects(_parsed(node.text() or "")))
        if len(found) >= _MAX_OBJECTS:
            break
    return found[:_MAX_OBJECTS]


def _parsed(text: str) -> Any:
    for attempt in (text, _repaired(text), _repaired(html.unescape(text))):
        try:
            return _DECODER.raw_decode(attempt.strip("\ufeff \t\r\n"))[0]
        except (ValueError, RecursionError):
            continue
    return None


def _repaired(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", text))


def _objects(value: Any) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else [value]
    found: list[dict[str, Any]] = []
    for item in items:
        if not isinstance(item, dict):
            continue
        graph = item.get("@graph")
        if isinstance(graph, list | dict):
            members = graph if isinstance(graph, list) else [graph]
            found.extend(member for member in members if isinstance(member, dict))
            if set(item) <= {"@context", "@graph", "@id"}:
                continue
        found.append(item)
    return found
