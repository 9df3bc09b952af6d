"""A page's text, its boxes and its prices, and what one is to the other."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec

from services.pricing.layout import HEADINGS, Box, Layout
from services.pricing.money import sightings
from services.pricing.period import Period, is_only_period, period_at

LONGEST_NAME = 100
_TITLED = re.compile(r"[^\W\d_]{2}")
_LEADERS = re.compile(r"[.…_·]{3,}.*|\s+")
_BEGINS_PRICE = re.compile(r"\s*(?:[:,–-]\s*)?(?:à partir de|dès|de|entre|from|starting at|between)$", re.IGNORECASE)
_EDGE = " \t\n:–—-.…·•|*,;/("


class Plan(msgspec.Struct, frozen=True):
    """Something with a price."""

    name: str | None
    amount: float | None
    """0: free; None: on quote."""
    currency: str | None
    period: Period

    def row(self) -> dict[str, Any]:
        """As `price_plans` has it."""
        return msgspec.structs.asdict(self)


class Board:
    """The prices of a page by number, in the order of its text; its boxes by theirs."""

    def __init__(self, layout: Layout, country: str) -> None:
        self.text = layout.text
        self.boxes = layout.boxes
        self.seen = sightings(layout.text, country)
        self.starts = [one.start for one in self.seen]

    @cached_property
    def innermost(self) -> list[int]:
        """For every sighting the smallest box that holds it."""
        holds: list[int] = []
        around: list[int] = []
        index = 0
        for one in self.seen:
            while index < len(self.boxes) and self.boxes[index].start <= one.start:
                while around and around[-1] > self.boxes[index].parent:
                    around.pop()
                around.append(index)
                index += 1
            while len(around) > 1 and self.boxes[around[-1]].end < one.end:
                around.pop()
            holds.append(around[-1])
        return holds

    @cached_property
    def headings(self) -> list[tuple[int, int, int]]:
        """Begin, end and number of every heading with words."""
        return [
            (box.start, box.end, index)
            for index, box in enumerate(self.boxes)
            if (box.tag in HEADINGS or box.tag == "dt")
            and _TITLED.search(self.text[box.start : min(box.end, box.start + 200)])
        ]

    def within(self, box: Box) -> range:
        """Numbers of the prices that begin within a box."""
        return range(bisect_left(self.starts, box.start), bisect_left(self.starts, box.end))

    def is_struck(self, number: int) -> bool:
        """Whether it is an old price."""
        return self.boxes[self.innermost[number]].is_struck

    def has_heading(self, box: Box) -> bool:
        """Whether a heading with words begins within a box."""
        at = bisect_left(self.headings, (box.start, 0, 0))
        return at < len(self.headings) and self.headings[at][0] < box.end

    def line_start(self, number: int) -> int:
        """Where the line of a price begins."""
        return self.text.rfind("\n", 0, self.seen[number].start) + 1

    def line_of(self, number: int) -> str:
        """The line of a price."""
        end = self.text.find("\n", self.seen[number].end)
        return self.text[self.line_start(number) : end if end >= 0 else None]

    def line_name(self, number: int) -> str | None:
        """What its line says before a price, as a name."""
        return clean(self.text[self.line_start(number) : self.seen[number].start])

    def main(self, numbers: Sequence[int]) -> int | None:
        """The price to state: one that is visible before a hidden one, monthly before annual, then the first."""

        def rank(number: int) -> tuple[bool, bool, bool, int]:
            one = self.seen[number]
            hidden = self.boxes[self.innermost[number]].is_hidden
            kind = {"price": 0, "free": 1, "quote": 2}[one.kind]
            return kind > 0, hidden, kind == 0 and self.period(number) == "year", number + kind

        return min(numbers, key=rank, default=None)

    def plan(self, number: int, name: str | None) -> Plan:
        """A price as a plan of that name."""
        one = self.seen[number]
        return Plan(name, one.amount, one.currency, self.period(number) if one.kind == "price" else "unknown")

    def period(self, number: int) -> Period:
        """How often a price is paid, by the words up to the next."""
        one = self.seen[number]
        following = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return period_at(self.text, one.start, one.end, following)


def clean(words: str) -> str | None:
    """A name without leaders and periods; None when nothing is left."""
    name = re.sub(r"[.…_·]{3,}.*|\s+", " ", words).strip(_EDGE)
    name = re.sub(
        r"\s*(?:[:,–-]\s*)?(?:à partir de|dès|de|entre|from|starting at|between)$", "", name, flags=re.IGNORECASE
    ).strip(_EDGE)
    if not _TITLED.search(name) or is_only_period(name):
        return None
    return name[:LONGEST_NAME].rstrip()
