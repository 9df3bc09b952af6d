"""Choosing among what a site's pages state: by whose words, how plainly, how near to the publisher's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from shared.legal.notice import Notice
from shared.legal.publisher import is_about_another, weigh
from shared.web.cues import Cue
from shared.web.links import Kind

T = TypeVar("T")

_NOTICES: frozenset[Kind] = frozenset(("legal", "terms", "privacy"))
_NOTICE_WORDS = Cue(
    r"edit(?:eur du|e par|ed by)|directeur de (?:la )?publication|au capital (?:social |variable )?de|raison sociale"
    r"|legal notice|published by|sire[nt]\b|r\.?c\.?s\.?\b"
)
"""What a page that is no legal notice must say near a statement for it to be one."""
_REACH = 400
_ELSEWHERE = 20
_MOST_WEIGHED = 1000
"""Statements of one kind; a page with more is no notice."""
_MOST_DISTANCE = 30
_A_POINT = 20
"""Characters between a statement and the publisher that count as much as a point of evidence."""


class Stated(msgspec.Struct, Generic[T], frozen=True):
    """A value and where it is stated."""

    value: T
    page: int
    """Index of the notice."""
    at: int
    strength: int = 0
    """How plain the words are that state it."""


class Anchor(msgspec.Struct, frozen=True):
    """Where the site names its publisher."""

    page: int
    at: int


def may_state(notice: Notice) -> bool:
    """Whether `best` takes anything from this page: it is a legal notice, or reads like one somewhere. Pure."""
    return notice.kind in _NOTICES or _NOTICE_WORDS.search(notice.folded) is not None


def best(
    found: Iterable[Stated[T]], notices: Sequence[Notice], names: Sequence[str], anchor: Anchor | None
) -> Stated[T] | None:
    """The statement about the publisher with the best support; None when all are about others. Ties: the first."""
    chosen: Stated[T] | None = None
    most = -1
    for one in islice(found, _MOST_WEIGHED):
        notice = notices[one.page]
        if notice.kind not in _NOTICES and not _reads_like_a_notice(notice, one.at):
            continue
        if is_about_another(notice, one.at):
            continue
        score = max(0, weigh(notice, one.at, names) + one.strength - _distance(one, anchor))
        if score > most:
            chosen, most = one, score
    return chosen


def _distance(one: Stated[T], anchor: Anchor | None) -> int:
    if anchor is None:
        return 0
    if one.page != anchor.page:
        return _ELSEWHERE
    return min(_MOST_DISTANCE, abs(one.at - anchor.at) // _A_POINT)


def _reads_like_a_notice(notice: Notice, at: int) -> bool:
    first, last = notice.passage(at)
    return _NOTICE_WORDS.search(notice.folded[max(first, at - _REACH) : min(last, at + _REACH)]) is not None
