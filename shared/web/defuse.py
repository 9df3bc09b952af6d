"""Taking the sting out of a hostile page before it is parsed.

The HTML parsing algorithm is quadratic in three things a page can choose: how deep elements lie
(each tag may walk the stack of open ones), how many formatting elements stay open (they are opened
again in every later block: 35 kB of `<b x=1><b x=2>…` cost 5 s), and how many attributes one tag has
(each is compared with all before). Pages people make stay far below the limits here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MAX_TAGS = 30_000
_HEAD_TAGS = 20_000
"""Of a page with more, the first and the last are kept: a footer names more than a middle does."""
_FORMATTING = re.compile(
    r"<(/?)(?:b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE | re.ASCII
)
_PERHAPS_FORMATTING = re.compile(r"</?[bcefistuBCEFISTU]")
"""Matches at least as often, in less than half the time."""
_MAX_REOPENED = 2_000_000
"""Formatting tags times all tags: an upper bound of the elements that opening again can make."""
_TAG = re.compile(r"<[a-zA-Z/]")
_LONG_TAG = 16 * 1024
_MAX_ATTRIBUTES = 1000
_ATTRIBUTES = re.compile(
    r"<[a-zA-Z][^\s/>]*+"
    r"(?:[\s/]++|[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+)?+)?+|[=\"'])"
    rf"{{{2 * _MAX_ATTRIBUTES}}}+"
)
_SMALL = 400
"""Below so many tags and so few bytes nothing here can cost a millisecond."""


def defuse(html: str) -> str:
    """The same page, if it is one that people make; else a page that parses in linear time. Pure.

    Work is linear in the length. Nothing is raised.
    """
    count = html.count("<")
    if count < _SMALL and len(html) < _LONG_TAG:
        return html
    if len(html) > _LONG_TAG:
        html = _without_endless_tags(html)
    if count > _MAX_TAGS:
        html = _without_middle(html)
    most = _MAX_REOPENED // max(count, 1)
    if count > most and all(len(tags.findall(html)) > most for tags in (_PERHAPS_FORMATTING, _FORMATTING)):
        html = _FORMATTING.sub(r"<\1span", html)
    return html


def _without_endless_tags(html: str) -> str:
    """Cut tags of more than _MAX_ATTRIBUTES attributes off after them, up to the next tag."""
    kept: list[str] = []
    start = 0
    for here, following in _long_stretches(html):
        if tag := _ATTRIBUTES.match(html, here, following):
            kept += (html[start : tag.end()], ">")
            start = following
    return "".join([*kept, html[start:]]) if kept else html


def _long_stretches(html: str) -> Iterator[tuple[int, int]]:
    """Where more than _LONG_TAG characters follow a tag's beginning without another one: from there to the next.

    Goes from the last tag within reach to the next such one: of an ordinary page that is a look every 16 kB.
    """
    here = 0
    while len(html) - here > _LONG_TAG:
        following = html.rfind("<", here + 1, here + _LONG_TAG + 1)
        while following > 0 and not _TAG.match(html, following):
            following = html.rfind("<", here + 1, following)
        if following < 0:
            tag = _TAG.search(html, here + _LONG_TAG + 1)
            following = tag.start() if tag else len(html)
            yield here, following
        here = following


def _without_middle(html: str) -> str:
    starts = [match.start() for match in _TAG.finditer(html)]
    if len(starts) <= _MAX_TAGS:
        return html
    return html[: starts[_HEAD_TAGS]] + html[starts[_HEAD_TAGS - _MAX_TAGS] :]
