"""What a page says of its publisher, as one text: the words about hosts, agencies and mediators are left out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from shared.legal.numbers import CompanyNumber, company_numbers
from shared.web.folding import fold
from shared.web.links import Kind
from shared.web.sections import FOREIGN, Owner
from shared.web.site_pages import SitePage

KINDS: tuple[Kind, ...] = ("legal", "terms", "contact")
"""The pages beside the home page that name a publisher, the likeliest first."""
GAP = "\n\n"
"""Where somebody else's words were: what stands before says nothing of what stands after."""
_AROUND = 500
_MOST = 200_000
"""Characters of one page; a legal notice with general terms and a privacy policy has half of it."""
_BOTH = re.compile(r"(?:edit|publi|propos|exploit|gere|realis|concu|administr)\w{0,4} (?:et|&|and)[\s:]*$")
"""`édité et hébergé par`: the second party is the first."""


class Notice(msgspec.Struct, frozen=True):
    """One page without the words of others. Offsets count in both texts alike."""

    url: str
    kind: Kind
    text: str
    """Lines, `GAP` between what does not belong together."""
    folded: str
    starts: tuple[int, ...]
    """Offset at which each section begins …"""
    owners: tuple[Owner, ...]
    """… and whom it speaks of."""
    others: tuple[tuple[Owner, str], ...]
    """What was left out, in order: whose, and the words."""
    numbers: tuple[CompanyNumber, ...]
    """Every company number of the text."""

    def owner_at(self, at: int) -> Owner:
        """Whom the words at an offset speak of."""
        return self.owners[bisect_right(self.starts, at) - 1] if self.starts else "unknown"

    def passage(self, at: int) -> tuple[int, int]:
        """Start and end of what is said without interruption around an offset, at most 500 characters each way."""
        first, last = max(0, at - _AROUND), min(len(self.text), at + _AROUND)
        start = self.text.rfind(GAP, first, at)
        end = self.text.find(GAP, at, last)
        return (start + len(GAP) if start >= 0 else first), (end if end >= 0 else last)


def notices(pages: Sequence[SitePage]) -> list[Notice]:
    """The pages' notices, in order. Pure, linear; never raises."""
    return [_notice(page) for page in pages]


def _notice(page: SitePage) -> Notice:
    pieces: list[str] = []
    starts: list[int] = []
    owners: list[Owner] = []
    others: list[tuple[Owner, str]] = []
    length, block = 0, -1
    gap, before = False, ""
    for part in page.sections:
        text = part.text
        if not text:
            continue
        if part.owner in FOREIGN and not _BOTH.search(fold(before[-40:])):
            others.append((part.owner, text))
            gap = True
            continue
        before = text
        separator = GAP if gap else " " if part.block == block else "\n"
        text = (separator if pieces else "") + text
        gap, block = False, part.block
        starts.append(length)
        owners.append("publisher" if part.owner in FOREIGN else part.owner)
        pieces.append(text)
        length += len(text)
        if length > _MOST:
            break
    whole = "".join(pieces)[:_MOST]
    folded = fold(whole)
    return Notice(
        url=page.url,
        kind=page.kind,
        text=whole,
        folded=folded,
        starts=tuple(starts),
        owners=tuple(owners),
        others=tuple(others),
        numbers=tuple(company_numbers(folded)),
    )
