"""What a page loads and what its scripts say: plain values to look for vendors in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from shared.web.page import Page
from shared.web.tag_container import TagContainer

_LOADING = "script, img, iframe, form[action], link[rel~=stylesheet][href]"
_ADDRESSES = ("src", "href", "action")
"""How names of attributes end that hold one: `data-cmplz-src` too."""
_RUN = re.compile(
    r"(?:|module|text/plain|text/partytown|text/gtmscript|(?:text|application)/(?:x-)?(?:java|ecma)script)"
)
"""Types of scripts that run, at once or after consent; other types are data."""
_STREAMED = "self.__next_f"
"""Begins scripts that hold the text of a page built with Next.js: an article may quote a tag."""
_COMMENT = re.compile(r"(?:^|(?<=[\s;{}>]))/\*(?s:.*?)\*/|^[ \t]{0,99}//[^\n]*", re.MULTILINE)
_BEGINS = re.compile(r"(?:^|(?<=[\s;{}>]))/\*", re.MULTILINE)
_QUOTED = re.compile(
    r"""["'`(](?:https?:)?//([a-z0-9][a-z0-9.-]{2,80}\.[a-z]{2,12})(/[^\s"'`<>)\\]{0,500})?""", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?:https?:)?//([^/?#:\s]{3,100})(?::\d{1,5})?(/[^\s#]{0,1000})?", re.IGNORECASE)
_MAX_CODE = 3_000_000
"""Characters of inline scripts that are read of one page."""


class Address(msgspec.Struct, frozen=True):
    """Where something is loaded from."""

    host: str
    path: str
    """Path and query; begins with `/`."""
    is_script: bool
    """Whether a script element loads it."""


class Evidence(msgspec.Struct, frozen=True):
    """A page or a tag manager's container."""

    addresses: list[Address]
    code: str
    """Inline scripts without comments."""
    tags: list[str] = []
    """Of a container."""


def of_page(page: Page) -> Evidence:
    """What stands on a page, scripts that wait for consent included. Pure, linear."""
    code = _code(page)
    return Evidence([*_loaded(page), *_quoted(code)], code)


def of_container(container: TagContainer) -> Evidence:
    """What a container adds to the page that loads it. Pure, linear."""
    page = of_page(Page("https://www.googletagmanager.com/", 200, [], container.html))
    injected = (address for url in container.injected if (address := _address(url, is_script=True)) is not None)
    return Evidence([*page.addresses, *injected], page.code, container.tags)


def _loaded(page: Page) -> Iterator[Address]:
    """Of elements: `src` and what consent tools and lazy loaders make of it (`data-src`, `data-cmplz-src`)."""
    for node in page.tree.css(_LOADING):
        for name, value in node.attributes.items():
            if not value or not name.endswith(_ADDRESSES):
                continue
            url = value if "//" in value[:8] else page.absolute(value)
            address = _address(url, is_script=node.tag == "script") if url else None
            if address is not None:
                yield address


def _quoted(code: str) -> Iterator[Address]:
    for found in _QUOTED.finditer(code):
        yield Address(found[1].lower(), found[2] or "/", is_script=False)


def _address(url: str, *, is_script: bool) -> Address | None:
    found = _ADDRESS.match(url.strip()[:2000])
    return Address(found[1].lower(), found[2] or "/", is_script) if found else None


def _code(page: Page) -> str:
    texts = []
    left = _MAX_CODE
    for node in page.tree.css("script:not([src])"):
        kind = (node.attributes.get("type") or "").strip().lower()
        text = node.text() or ""
        if len(text) <= left and _RUN.fullmatch(kind) and not text.lstrip().startswith(_STREAMED):
            left -= len(text)
            texts.append(_without_comments(text).replace("\\/", "/"))
    return "\n".join(texts)


def _without_comments(script: str) -> str:
    """Without lines that begin with `//`, and blocks with nothing right before them. What is within strings
    (`//cdn.vendor.com`, `*/*`, `/path/*`) is no such thing, so none need be parsed."""
    end = script.rfind("*/") + 2
    end = end if end > 1 else 0
    # What nothing closes hides the rest; the expression would look for its end from each beginning.
    left_open = _BEGINS.search(script, end)
    return _COMMENT.sub("", script[:end]) + _COMMENT.sub("", script[end : left_open.start() if left_open else None])


def hosts_above(host: str) -> Iterable[str]:
    """A host and the names above it, but for the last: `a.b.fr`, `b.fr`."""
    while "." in host:
        yield host
        host = host.partition(".")[2]
