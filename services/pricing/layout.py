"""A page as one text, and which boxes of it hold what."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from selectolax.lexbor import LexborNode

from shared.web.page import Page

_TEXT = "-text"
"""How the parser calls a text; a comment is called `-comment`."""
_INVISIBLE = frozenset(
    """-comment head script style noscript template svg iframe object select textarea canvas video audio math dialog
    footer blockquote""".split()  # noqa: SIM905
)
"""And a footer, with its capital and its telephone rates, and a quotation."""
_INLINE = frozenset(
    """a abbr b bdi bdo big cite code data del em font i ins kbd label mark meter output q s samp small span strike
    strong sub sup time tt u var wbr""".split()  # noqa: SIM905
)
_STRUCK = frozenset(("s", "del", "strike"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_ASIDE = re.compile(
    r"(?:(?:site|header|mini|shopping|side|widget|woocommerce|block|customer|client|google|section)[-_]+){0,3}"
    r"(?:cart|basket|panier|filters?|facets?|price[-_](?:filter|slider|range)|testimonials?|temoignages?|reviews?"
    r"|avis|comments?|cookies?|footer|cagnotte|gift-?cards?|announcement(?:-bar)?|free-?shipping)(?=[_-]|$)",
    re.IGNORECASE,
)
"""Classes and ids of boxes whose prices are not what is offered."""
_OLD = re.compile(
    r"(?<![a-z])(?:line-through|strike(?:d|through)?|crossed|barre"
    r"|(?:old|was|former|regular|compare|original|before|list)[-_]?(?:at[-_]?)?price"
    r"|price[-_]{0,2}(?:old|was|compare|before|barre|original|list))(?![a-z])",
    re.IGNORECASE,
)
_HIDDEN_CLASS = re.compile(
    r"(?<![\w-])(?:hidden|d-none|is-hidden|hide|invisible|visually-hidden|sr-only)(?![\w-])", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CENTS = re.compile(r"(?<![a-z])(?:cents?|decimals?|fraction|centimes?)(?![a-z])", re.IGNORECASE)
_NO_CLASSES: frozenset[str] = frozenset()
_MOST_BOXES = 30_000
_MOST_TEXT = 1_000_000


class Box(msgspec.Struct, gc=False):
    """An element and the part of the text within it."""

    tag: str
    parent: int
    """Number of the box around it; -1: none."""
    classes: frozenset[str]
    is_struck: bool
    is_hidden: bool
    start: int
    end: int = -1


class Layout(msgspec.Struct, frozen=True):
    """What a visitor reads: a line a block, single spaces."""

    text: str
    boxes: list[Box]
    """In the order in which they begin; a box comes after all that are around it."""


def layout(page: Page) -> Layout:
    """Lay a page out: one walk over its tree, linear, bounded. Never raises."""
    body = page.tree.body
    walk = _Walk()
    if body is not None:
        walk.over(body)
    return Layout("".join(walk.pieces), walk.boxes)


# The same names stand on a page a hundred times, beside others that are there once.


@lru_cache(maxsize=4096)
def _is_aside(name: str) -> bool:
    return _ASIDE.match(name) is not None


@lru_cache(maxsize=4096)
def _is_old(name: str) -> bool:
    return _OLD.search(name) is not None


@lru_cache(maxsize=4096)
def _is_hidden(name: str) -> bool:
    return _HIDDEN_CLASS.search(name) is not None


class _Walk:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.boxes: list[Box] = []
        self._length = 0
        self._space = False
        self._last = "\n"

    def over(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, int]] = []
        self._open("body", -1, _NO_CLASSES, is_struck=False, is_hidden=False)
        stack.append((root, 0))
        node = root.first_child
        while node is not None and len(self.boxes) < _MOST_BOXES and self._length < _MOST_TEXT:
            tag = node.tag or ""
            if tag == _TEXT:
                self._write(node.text_content or "")
            elif tag not in _INVISIBLE and (number := self._enter(node, tag, stack[-1][1])) is not None:
                if (child := node.first_child) is not None:
                    stack.append((node, number))
                    node = child
                    continue
                self._close(number)
            while (following := node.next) is None and len(stack) > 1:
                node, number = stack.pop()
                self._close(number)
            node = following
        for _, number in reversed(stack):
            self._close(number)

    def _enter(self, node: LexborNode, tag: str, parent: int) -> int | None:
        if tag == "br":
            self._break()
            return None
        around = self.boxes[parent]
        attributes = node.attributes
        if not attributes and tag != "sup":
            return self._open(tag, parent, _NO_CLASSES, around.is_struck or tag in _STRUCK, around.is_hidden)
        classes = (attributes.get("class") or "")[:500]
        names = classes.split()
        if any(map(_is_aside, (attributes.get("id") or "").split())) or any(map(_is_aside, names)):
            return None
        style = attributes.get("style") or ""
        is_struck = around.is_struck or tag in _STRUCK or "line-through" in style or any(map(_is_old, names))
        is_hidden = (
            around.is_hidden
            or "hidden" in attributes
            or bool(style and _HIDDEN_STYLE.search(style))
            or any(map(_is_hidden, names))
        )
        number = self._open(tag, parent, frozenset(names[:20]), is_struck, is_hidden)
        if self._last.isdigit() and not self._space and (tag == "sup" or (classes and _CENTS.search(classes))):
            text = (node.text() or "").strip()
            if len(text) == 2 and text.isdigit():
                self._put(",")
        return number

    def _open(self, tag: str, parent: int, classes: frozenset[str], is_struck: bool, is_hidden: bool) -> int:
        if tag not in _INLINE:
            self._break()
        elif tag == "label":
            self._space = True
        self.boxes.append(Box(tag, parent, classes, is_struck, is_hidden, self._length))
        return len(self.boxes) - 1

    def _close(self, number: int) -> None:
        box = self.boxes[number]
        box.end = self._length
        if box.tag not in _INLINE:
            self._break()

    def _write(self, text: str) -> None:
        words = " ".join(text.split())
        if not words:
            self._space = self._space or bool(text)
            return
        if self._last != "\n" and (self._space or text[0].isspace()):
            words = " " + words
        self._put(words)
        self._space = text[-1].isspace()

    def _break(self) -> None:
        self._space = False
        if self._last != "\n":
            self._put("\n")

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)
        self._last = text[-1]
