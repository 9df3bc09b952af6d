"""What a page says of itself for machines: JSON-LD, microdata, the state of its scripts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from selectolax.lexbor import LexborNode

from shared.web.page import Page

_WRAPPING = re.compile(r"<!--|-->|//<!\[CDATA\[|//\]\]>|/\*<!\[CDATA\[\*/|/\*\]\]>\*/|<!\[CDATA\[|\]\]>")
_TRAILING_COMMA = re.compile(r",(\s*+[}\]])")
_DECODER = json.JSONDecoder(strict=False)
_MAX_OBJECTS = 1000
_MAX_STATE = 3_000_000
"""Characters of state that are read of one page."""
_MAX_VALUES = 200_000
_MAX_CLIMB = 40
_MAX_FLAT = 1000
_MAX_NESTED = 10_000
_MAX_TEXT = 2_000_000
"""Elements within each other may each read the whole page."""
_STATE = re.compile(r"\s*(?:window\.)?__[A-Z_]{3,40}__\s*=\s*(?=[{\[])")
_NOT_THEIRS = frozenset(
    {"author", "review", "reviews", "itemReviewed", "comment", "sponsor", "funder", "worksFor", "alumniOf", "memberOf"}
    | {"hiringOrganization", "offers", "isPartOf", "mentions", "video", "citation", "competitor", "knowsAbout"}
)
"""Properties whose organisations are somebody else."""
_CONTACTS = frozenset({"telephone", "email", "address", "sameAs", "contactPoint", "faxNumber", "logo", "vatID"})
_NO_ORGANISATION = frozenset(
    """Person Article NewsArticle BlogPosting TechArticle Review AggregateRating Product Offer Event WebPage ImageObject
    VideoObject BreadcrumbList ListItem SearchAction PostalAddress ContactPoint ItemList Recipe JobPosting FAQPage
    Question CreativeWork SoftwareApplication ProfilePage Comment""".split()  # noqa: SIM905
)


def json_ld(page: Page) -> list[dict[str, Any]]:
    """The objects of all JSON-LD blocks, in order; lists and `@graph` are laid flat. Never raises.

    Tolerated: comment and CDATA wrappers, line breaks in strings, trailing commas, escaped quotes
    (`&quot;`), text after the value. A block that still does not parse is left out.
    """
    return json_ld_objects(json_ld_blocks(page))


def json_ld_blocks(page: Page) -> list[str]:
    """The texts of all JSON-LD blocks, in order."""
    return [node.text() or "" for node in page.tree.css('script[type*="ld+json" i]')]


def json_ld_objects(blocks: Iterable[str]) -> list[dict[str, Any]]:
    """What `json_ld` makes of those texts. Never raises."""
    found: list[dict[str, Any]] = []
    for text in blocks:
        found.extend(_objects(_parsed(text)))
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


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a value, parents first, at most a thousand. Never raises."""
    waiting, given = [value], 0
    while waiting and given < _MAX_OBJECTS:
        current = waiting.pop()
        if isinstance(current, dict):
            given += 1
            yield current
            waiting.extend(reversed(list(current.values())))
        elif isinstance(current, list):
            waiting.extend(reversed(current))


def organizations(stated: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The organisations and shops that a page names as its own among the objects it states, in order.

    Those of reviews, offers, employers and the like are left out, and so is what has no way to be reached.
    """
    own = map(_without_others, stated)
    things = (one for found in own for one in walk(found))
    return [one for one in things if _CONTACTS & one.keys() and _may_be_organization(types_of(one))]


def _may_be_organization(types: frozenset[str]) -> bool:
    return not types or bool(types - _NO_ORGANISATION)


def types_of(thing: dict[str, Any]) -> frozenset[str]:
    """The schema.org types of an object, without their address: `{"LocalBusiness"}`."""
    return frozenset(one.rpartition("/")[2] for one in texts(thing.get("@type")))


def texts(value: Any) -> list[str]:
    """A property's texts: a string, the strings of a list, the `@id` or `url` of an object."""
    values = value if isinstance(value, list) else [value]
    found = ((one.get("@id") or one.get("url")) if isinstance(one, dict) else one for one in values[:200])
    return [one.strip() for one in found if isinstance(one, str) and one.strip()]


def has_microdata(page: Page) -> bool:
    """Whether there is anything for `microdata` to find."""
    return page.tree.css_first("[itemscope]") is not None


def microdata(page: Page) -> list[dict[str, Any]]:
    """The `itemscope` elements of a page in order: `@type` and each property's value or, of several, list.

    Flat: what a nested element says stands with the nested one.
    """
    scopes = _scopes(page)
    for node in _properties(page) if scopes else ():
        scope = _scope_of(node, scopes)
        if scope is not None and node.mem_id not in scopes:
            _say(scope, node, _property(page, node, _MAX_FLAT))
    return list(scopes.values())


def microdata_items(page: Page) -> list[dict[str, Any]]:
    """The outermost `itemscope` elements of a page in order, in the form of `json_ld`: an item within one is an object.

    Texts of at most ten thousand characters, two million of them in all; `itemref` is not followed.
    """
    scopes = _scopes(page)
    outermost = dict(scopes)
    left = _MAX_TEXT
    for node in _properties(page) if scopes else ():
        scope = _scope_of(node, scopes)
        if scope is None:
            continue
        if (item := scopes.get(node.mem_id)) is not None:
            outermost.pop(node.mem_id, None)
            _say(scope, node, item)
        elif left > 0:
            left -= len(node.text() or "")
            _say(scope, node, _property(page, node, _MAX_NESTED))
    return list(outermost.values())


def state(page: Page) -> list[Any]:
    """What a page made by scripts starts from: `__NEXT_DATA__`, `application/json` blocks, `window.__NUXT__ = {…}`.

    Parsed values in order, at most three million characters of them; what does not parse is left out.
    """
    found: list[Any] = []
    left = _MAX_STATE
    for node in page.tree.css("script:not([src])"):
        text = node.text() or ""
        kind = (node.attributes.get("type") or "").lower()
        start = 0 if kind.endswith("/json") else match.end() if (match := _STATE.match(text)) else None
        if start is None or len(text) > left:
            continue
        left -= len(text)
        try:
            found.append(_DECODER.raw_decode(text[start:].strip())[0])
        except (ValueError, RecursionError):
            continue
    return found


def leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """The nearest key and the value of all in a parsed state that is no object and no list, in order; bounded."""
    waiting: list[tuple[str, Any]] = [("", value)]
    for _ in range(_MAX_VALUES):
        if not waiting:
            return
        key, current = waiting.pop()
        if isinstance(current, dict):
            waiting.extend((str(name), current[name]) for name in reversed(current))
        elif isinstance(current, list):
            waiting.extend((key, one) for one in reversed(current))
        else:
            yield key, current


def _without_others(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in _NOT_THEIRS}


def _scopes(page: Page) -> dict[int, dict[str, Any]]:
    scopes: dict[int, dict[str, Any]] = {}
    for node in page.tree.css("[itemscope]")[:_MAX_OBJECTS]:
        scopes[node.mem_id] = {"@type": (node.attributes.get("itemtype") or "").strip()}
    return scopes


def _properties(page: Page) -> list[LexborNode]:
    return page.tree.css("[itemprop]")[: 5 * _MAX_OBJECTS]


def _say(scope: dict[str, Any], node: LexborNode, value: Any) -> None:
    """Add a property under each of its names; of several values there is a list."""
    for name in (node.attributes.get("itemprop") or "").split()[:5]:
        held = scope.get(name)
        if isinstance(held, list):
            held.append(value)
        else:
            scope[name] = value if held is None else [held, value]


def _scope_of(node: LexborNode, scopes: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
    around = node.parent
    for _ in range(_MAX_CLIMB):
        if around is None:
            return None
        if (scope := scopes.get(around.mem_id)) is not None:
            return scope
        around = around.parent
    return None


def _property(page: Page, node: LexborNode, most: int) -> str:
    """What the element states for machines, else what it reads."""
    attributes = node.attributes
    for name in ("content", "datetime"):
        if (stated := attributes.get(name)) is not None:
            return stated.strip()
    for name in ("href", "src"):
        if address := attributes.get(name):
            return page.absolute(address) or ""
    return " ".join((node.text() or "")[:most].split())
