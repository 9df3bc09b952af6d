"""A fetched page, parsed as far as it is asked for."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.net.response import Response
from shared.web.charset import decode
from shared.web.defuse import defuse
from shared.web.lazy import lazy
from shared.web.text import visible_text

_MAX_ADDRESS = 4096
_MAX_BASE = 2048
"""Longer ones lead nowhere, and a long base times many links would be gigabytes."""
_MAX_LABEL = 500
_NO_ADDRESS = ("javascript:", "data:", "blob:", "about:", "vbscript:")
_ORIGIN = re.compile(r"https?://[a-z0-9.:-]+(?=[/?#]|\Z)")
_ORDINARY = re.compile(
    r"(https?://[a-z0-9.:-]+)?(?!.*/\.)/(?!/)[\w%~+,=&:@!$'()*/.-]*"
    r"(?:\?[\w%~+,=&:@!$'()*/.-]+)?(?:\#[\w%~+,=&:@!$'()*/.-]+)?"
)
"""Addresses that joining leaves as they are, but for an origin in front. Most are, and joining takes 8 µs."""


_LISTED = "a[href], area[href], form, input, link, meta[content], script"
_TAG = {"area": "a"}


class Link(msgspec.Struct, frozen=True):
    """An `a` or `area` with an address (absolute; mailto: and tel: as they are)."""

    url: str
    text: str
    """What it reads, on one line, at most 500 characters."""
    rel: str


class Page:
    """One page. Everything is computed at its first use; give it to a thread, parsing takes CPU.

    A hostile page never raises and parses in linear time (see `defuse`).
    """

    def __init__(self, url: str, status: int, headers: list[tuple[str, str]], html: str) -> None:
        self.url = url
        self.status = status
        self.html = html
        self.headers: dict[str, list[str]] = {}
        """Lower-case names to their values in order."""
        for name, value in headers:
            self.headers.setdefault(name.lower(), []).append(value)

    @classmethod
    def from_response(cls, response: Response) -> Page:
        """Decode a response's body by its byte order mark, header, meta element or content."""
        html = decode(response.body, response.header("content-type") or "")
        return cls(response.url, response.status, response.headers, html)

    @lazy
    def cookies(self) -> dict[str, str]:
        """Names and values of the Set-Cookie headers."""
        pairs = (line.partition(";")[0].partition("=") for line in self.headers.get("set-cookie", []))
        return {name.strip(): value.strip() for name, equals, value in pairs if equals}

    @lazy
    def tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self._markup)

    @lazy
    def elements(self) -> dict[str, list[LexborNode]]:
        """Those that most is read from, by tag, in order: one walk through the tree, which takes longer than reading
        them. `a` (with those of `area`) has an href, `meta` a content; forms, inputs, links and scripts are whole."""
        found: dict[str, list[LexborNode]] = {}
        for node in self.tree.css(_LISTED):
            tag = node.tag or ""
            found.setdefault(_TAG.get(tag, tag), []).append(node)
        return found

    @lazy
    def title(self) -> str | None:
        node = self.tree.css_first("title")
        return (" ".join(_text(node).split()) or None) if node is not None else None

    @lazy
    def language(self) -> str | None:
        """The language tag of the html element, else of the Content-Language meta or header."""
        root = self.tree.css_first("html")
        stated = [
            _attribute(root, "lang") if root is not None else "",
            *self.meta.get("content-language", []),
            *self.headers.get("content-language", []),
        ]
        return next((tag for value in stated if (tag := value.partition(",")[0].strip()[:35])), None)

    @lazy
    def meta(self) -> dict[str, list[str]]:
        """Contents of the meta elements by lower-case name, property, http-equiv or itemprop."""
        found: dict[str, list[str]] = {}
        for node in self.elements.get("meta", ()):
            attributes = node.attributes
            for kind in ("name", "property", "http-equiv", "itemprop"):
                if name := (attributes.get(kind) or "").strip().lower():
                    found.setdefault(name, []).append(attributes.get("content") or "")
        return found

    @lazy
    def base(self) -> str:
        """What relative addresses are relative to."""
        node = self.tree.css_first("base[href]")  # by itself: links are read where no other element is
        stated = self._join(self.url, _attribute(node, "href")) if node is not None else None
        return stated if stated and stated.startswith("http") and len(stated) <= _MAX_BASE else self.url

    @lazy
    def scripts(self) -> list[str]:
        """Addresses of the external scripts, absolute, in order."""
        found = (self.absolute(node.attributes["src"] or "") for node in self._scripts(external=True))
        return [url for url in found if url is not None]

    @lazy
    def inline_scripts(self) -> list[str]:
        """Texts of the scripts within the page, data blocks (JSON, JSON-LD) included."""
        return [text for node in self._scripts(external=False) if (text := _text(node)).strip()]

    @lazy
    def stylesheets(self) -> list[str]:
        """Addresses of the linked style sheets, absolute, in order."""
        attributes = [node.attributes for node in self.elements.get("link", ())]
        sheets = (one for one in attributes if "href" in one and "stylesheet" in (one.get("rel") or "").lower().split())
        return [url for sheet in sheets if (url := self.absolute(sheet["href"] or "")) is not None]

    @lazy
    def links(self) -> list[Link]:
        """Every link that leads somewhere, in order; script and data addresses are left out."""
        found: list[Link] = []
        known: dict[str, str | None] = {}  # menus stand on a page two or three times
        for node in self.elements.get("a", ()):
            attributes = node.attributes
            address = attributes.get("href") or ""
            if address not in known:
                known[address] = self.absolute(address)
            if (url := known[address]) is not None:
                text = " ".join(_text(node)[: 4 * _MAX_LABEL].split())[:_MAX_LABEL]
                found.append(Link(url, text, (attributes.get("rel") or "").lower()))
        return found

    @lazy
    def text(self) -> str:
        """What a visitor reads: a line a block."""
        return visible_text(self._markup)

    @lazy
    def _markup(self) -> str:
        return defuse(self.html)

    @lazy
    def _origin(self) -> str | None:
        """What stands before an address that begins with `/`; None when the base is no plain http(s) address."""
        found = _ORIGIN.match(self.base)
        return found[0] if found else None

    def absolute(self, address: str) -> str | None:
        """An address found on this page, absolute; None when it leads nowhere."""
        address = address.strip()
        if self._origin is not None and len(address) <= _MAX_ADDRESS and (plain := _ORDINARY.fullmatch(address)):
            return address if plain[1] else self._origin + address
        return self._join(self.base, address)

    def _scripts(self, *, external: bool) -> list[LexborNode]:
        return [node for node in self.elements.get("script", ()) if ("src" in node.attributes) == external]

    @staticmethod
    def _join(base: str, address: str) -> str | None:
        address = address.strip()
        if not address or len(address) > _MAX_ADDRESS or address.lower().startswith(_NO_ADDRESS):
            return None
        try:
            return urljoin(base, address)
        except ValueError:
            return None


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def _text(node: LexborNode) -> str:
    return node.text() or ""
