"""A page as its reader sees it: blocks of text in order, with where they stand and what they link to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec
from selectolax.lexbor import LexborNode

from shared.web.deobfuscation import cloudflare_email, reversed_classes
from shared.web.page import Page

Region = Literal["header", "nav", "main", "footer"]

LABEL_LEVEL = 7
"""The level of what is no heading but looks like one: a bold line, a `dt`, a `th`, a `summary`."""
_TEXT = "-text"
"""How the parser calls a text; a comment is called `-comment`."""
_INVISIBLE = frozenset(
    """-comment head script style noscript template svg iframe object select textarea canvas video audio
    math""".split()  # noqa: SIM905
)
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark meter output q s samp small
    span strike strong sub sup time tt u var wbr""".split()  # noqa: SIM905
)
_BOLD = frozenset(("b", "strong"))
_TITLES = {
    **{f"h{level}": level for level in range(1, 7)},
    "dt": LABEL_LEVEL,
    "th": LABEL_LEVEL,
    "summary": LABEL_LEVEL,
}
_SPACED = frozenset(("td", "th", "img", "input", "label"))
_MARKED = frozenset(("div", "section", "aside", "ul", "table", "p", "center"))
"""Elements whose class or id may say that they are the footer."""
_TELLING = frozenset(("article", "header", "nav", "footer", *_BOLD, *_TITLES))
_HIDING = frozenset(("span", "b", "i", "em"))
_SMALL = _HIDING | {"strong", "small", "a", "font", "bdo", "p", "div"}
_FOOTER = re.compile(
    r"(?<![\w-])(?:site|page|main|global|l|g|wp|block|section|shopify-section|elementor-location|et|tpl|the|master|mod)?[-_]*"
    r"(?:footer|pied|bas|colophon|copyright|bottom)(?:[-_]?(?:page|de-page|bar|site|area|widgets?|wrapper|content|main|"
    r"container|inner|section|bottom|top|info|template|row|menu|links))?(?![\w-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_REVERSED = re.compile(r"unicode-bidi\s*:\s*bidi-override", re.IGNORECASE)
_MAX_BLOCKS = 20_000
_MAX_TEXT = 500_000
_MAX_BLOCK = 20_000
"""Characters; a longer block is cut in two: nobody writes such a paragraph."""


class PlacedLink(msgspec.Struct, frozen=True, gc=False):
    """A link of a block and the offset of its text in the block's."""

    at: int
    url: str
    text: str
    rel: str
    hint: str = ""
    """Its title, aria-label or the alternative text of its image: all that a link of an icon says."""


class Block(msgspec.Struct, frozen=True, gc=False):
    """What stands on its own between two breaks."""

    text: str
    """One line, single spaces; hidden addresses already readable."""
    region: Region
    level: int
    """Of a heading 1 to 6, `LABEL_LEVEL` of what only looks like one, else 0."""
    links: tuple[PlacedLink, ...]


def outline(page: Page) -> list[Block]:
    """The blocks of a page in order: one walk over its tree, linear, at most half a million characters. Never raises.

    Blocks without text are there when they have a link (an icon). Cloudflare's protected addresses and
    text written backwards (`unicode-bidi: bidi-override`) are made readable; what is hidden inside a line is left out.
    """
    return _Walk(page).blocks


class _Open(msgspec.Struct, gc=False):
    """An element whose end has not come, and what was so before it."""

    node: LexborNode
    tag: str
    region: Region
    level: int
    link: tuple[int, str, str, str] | None = None


class _Walk:
    def __init__(self, page: Page) -> None:
        self.blocks: list[Block] = []
        self._page = page
        self._region: Region = "main"
        self._pieces: list[str] = []
        self._length = 0
        self._total = 0
        self._is_full = False
        self._bold_length = 0
        self._bold = 0
        self._space = False
        self._level = 0
        self._links: list[PlacedLink] = []
        self._link_text: list[str] | None = None
        self._alternative = ""
        self._after_link = False
        self._articles = 0
        self._protected = "data-cfemail" in page.html
        self._backwards = "bidi-override" in page.html
        self._classes = reversed_classes(page.html) if self._backwards else frozenset()
        self._replaced = _SMALL if self._protected or self._backwards else _HIDING
        self._urls: dict[str, str | None] = {}  # menus stand on a page two or three times
        body = page.tree.body
        if body is not None:
            self._walk(body)
            self._flush()

    def _walk(self, root: LexborNode) -> None:
        stack: list[_Open] = []
        node: LexborNode | None = root.first_child
        while node is not None and not self._is_full:
            tag = node.tag or ""
            if tag == _TEXT:
                self._text(node.text_content or "")
            elif tag not in _INVISIBLE and (entered := self._enter(node, tag)) is not None:
                child = node.first_child
                if child is not None:
                    stack.append(entered)
                    node = child
                    continue
                self._leave(entered)
            while (following := node.next) is None and stack:
                opened = stack.pop()
                self._leave(opened)
                node = opened.node
            node = following

    def _enter(self, node: LexborNode, tag: str) -> _Open | None:
        """Begin an element; None when there is nothing to see in it."""
        if tag not in _INLINE:
            if tag == "img":
                self._image(node)
                return None
            self._flush()
            if tag == "br":
                return None
        if tag in _SPACED:
            self._space = True
        if tag in self._replaced and self._is_replaced(node, tag):
            return None
        opened = _Open(node, tag, self._region, self._level)
        if tag == "a":
            opened.link = self._open_link(node)
        elif tag in _MARKED:
            if not self._articles and self._region != "footer" and _is_footer(node.attributes):
                self._region = "footer"
        elif tag in _TELLING:
            self._note(tag)
        return opened

    def _note(self, tag: str) -> None:
        """What a tag by itself says of what is within."""
        if tag in _BOLD:
            self._bold += 1
        elif tag in _TITLES:
            self._level = _TITLES[tag]
        elif tag == "article":
            self._articles += 1
        elif self._region == "footer":
            return
        elif tag == "nav":
            self._region = "nav"
        elif not self._articles:
            self._region = "footer" if tag == "footer" else "header"

    def _leave(self, opened: _Open) -> None:
        tag = opened.tag
        if opened.link is not None:
            self._close_link(*opened.link)
        if tag not in _INLINE:
            self._flush()
        elif tag in _BOLD:
            self._bold -= 1
        self._level = opened.level
        self._region = opened.region
        if tag == "article":
            self._articles -= 1

    def _is_replaced(self, node: LexborNode, tag: str) -> bool:
        """Whether the element is hidden within a line or written so that only a person can read it."""
        attributes = node.attributes
        if not attributes:
            return False
        if self._protected and (email := cloudflare_email(attributes.get("data-cfemail") or "")):
            self._text(email)
            return True
        style = attributes.get("style") or ""
        if self._backwards and (
            _REVERSED.search(style) or not self._classes.isdisjoint((attributes.get("class") or "").split())
        ):
            self._text((node.text() or "").strip()[:500][::-1])
            return True
        return tag not in ("p", "div", "a") and bool(style) and _HIDDEN.search(style) is not None

    def _open_link(self, node: LexborNode) -> tuple[int, str, str, str] | None:
        self._space = self._space or self._after_link
        attributes = node.attributes
        address = attributes.get("href") or ""
        if address not in self._urls:
            self._urls[address] = self._page.absolute(address)
        url = self._urls[address]
        if url is None:
            return None
        self._link_text, self._alternative = [], ""
        hint = attributes.get("title") or attributes.get("aria-label")
        return self._length, url, (attributes.get("rel") or "").lower(), " ".join(hint[:200].split()) if hint else ""

    def _close_link(self, at: int, url: str, rel: str, hint: str) -> None:
        text = " ".join(self._link_text or ())[:500]
        self._links.append(PlacedLink(min(at, self._length), url, text, rel, hint or self._alternative))
        self._link_text, self._after_link = None, True

    def _image(self, node: LexborNode) -> None:
        self._space = True
        if self._link_text is not None:
            self._alternative = " ".join((node.attributes.get("alt") or "")[:200].split())

    def _text(self, text: str) -> None:
        if not text or text.isspace():
            self._space = self._space or bool(text)
            return
        words = " ".join(text.split())
        if self._link_text is not None:
            self._link_text.append(words)
        if (self._space or text[0].isspace()) and self._length:
            words = " " + words
        self._after_link = False
        self._pieces.append(words)
        self._length += len(words)
        if self._bold:
            self._bold_length += len(words)
        self._space = text[-1].isspace()
        if self._length > _MAX_BLOCK:
            self._flush()

    def _flush(self) -> None:
        self._space = False
        if not self._pieces and not self._links:
            return
        text = "".join(self._pieces)
        level = self._level
        if not level and self._bold_length >= 0.9 * len(text) > 0 and len(text) <= 120:
            level = LABEL_LEVEL
        self.blocks.append(Block(text, self._region, level, tuple(self._links)))
        self._total += len(text)
        self._is_full = len(self.blocks) >= _MAX_BLOCKS or self._total >= _MAX_TEXT
        self._pieces, self._links = [], []
        self._length = self._bold_length = 0


def _is_footer(attributes: dict[str, str | None]) -> bool:
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"[:400].split()
    return any(map(_says_footer, names)) or attributes.get("role") == "contentinfo"


@lru_cache(maxsize=4096)
def _says_footer(name: str) -> bool:
    """The same names stand on a page a hundred times."""
    return _FOOTER.search(name) is not None
