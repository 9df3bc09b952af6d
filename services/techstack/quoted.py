"""What stands in a text without being run: comments of scripts, markup within scripts, styles and text areas.

Found once a text, when something has matched in it, and in one pass whatever the text is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

_MARK = re.compile(rb"/[/*]|\*/")

_INDENT = 100
"""Bytes of blanks before a `//` that begins a line; more are not looked at."""

_RAW = re.compile(rb"<!--|-->|<(?P<end>/?)(?P<name>script|style|textarea|title|xmp|noembed)\b", re.IGNORECASE)
"""Elements whose content is text (HTML standard, "raw text" and "escapable raw text"), and comments, within
which none of these begins."""

SCRIPTS_APART = "\n/**/\n"
"""Joins scripts so that a comment left open in one ends with it."""

_Spans = Iterator[tuple[int, int]]


class Quoted:
    """The stretches of one text that are not run; empty until they are asked for."""

    def __init__(self, text: bytes, find: Callable[[bytes], _Spans]) -> None:
        self._text = text
        self.find = find
        self._spans: list[tuple[int, int]] | None = None

    def holds(self, place: int) -> bool:
        """Whether what begins at this offset is not run."""
        if self._spans is None:
            self._spans = list(self.find(self._text))
        at = bisect_right(self._spans, (place, len(self._text))) - 1
        return at >= 0 and place < self._spans[at][1]


def comments(script: bytes) -> _Spans:
    """Comments of JavaScript: lines that begin with `//`, and blocks with nothing right before them. What is
    within strings (`//cdn.vendor.com`, `*/*`, `/path/*`) is no such thing, so none need be parsed."""
    opened, line_end = -1, 0
    for found in _MARK.finditer(script):
        mark, place = found[0], found.start()
        if opened >= 0:
            if mark == b"*/":
                yield opened, found.end()
                opened = -1
        elif place < line_end:
            continue
        elif mark == b"/*" and (place == 0 or script[place - 1] in b" \t\r\n;{}>"):
            opened = place
        elif mark == b"//" and (place == 0 or script[place - 1] in b" \t\r\n") and _begins_line(script, place):
            line_end = script.find(b"\n", place)
            line_end = len(script) if line_end < 0 else line_end
            yield place, line_end


def _begins_line(script: bytes, place: int) -> bool:
    before = script[max(0, place - _INDENT) : place].rstrip(b" \t\r")
    return before.endswith(b"\n") or (not before and place < _INDENT)


def raw_text(html: bytes) -> _Spans:
    """Content of elements that hold text and no markup."""
    name, opened, in_comment = b"", -1, False
    for found in _RAW.finditer(html):
        if opened >= 0:
            if found["end"] and found["name"].lower() == name:
                yield opened, found.start()
                opened = -1
        elif found["name"] is None:
            in_comment = found[0] == b"<!--"
        elif not found["end"] and not in_comment:
            name, opened = found["name"].lower(), found.end()
