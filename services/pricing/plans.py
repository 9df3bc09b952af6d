"""The prices of a page's text and the plans they are of: cards, rows, tables, lists of terms."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from services.pricing.layout import HEADINGS, Box, Layout
from services.pricing.money import sightings
from services.pricing.period import Period, is_only_period, period_at
from services.pricing.words import CUE
from shared.web.folding import fold

MOST_PLANS = 50
_ROWS = frozenset(("li", "tr", "p", "dd"))
"""Tags whose name may stand behind the price."""
_LONGEST_NAME = 100
_LONGEST_CARD = 3000
_LONGEST_LINE = 160
"""Characters of a line of a card that holds a price; in longer ones a price is told of, not offered."""
_MOST_CLIMB = 14
_TITLED = re.compile(r"[^\W\d_]{2}")
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


class Offers(msgspec.Struct, frozen=True):
    """What a page offers."""

    plans: list[Plan]
    """Of boxes that repeat, at least one of them with a price; in order."""
    single: list[Plan]
    """Prices beside words that offer something, in no box of that kind."""


def offers(layout: Layout, country: str) -> Offers:
    """Read the prices of a page. `country` as in `sightings`. Pure."""
    return _Reading(layout, country).offers


class _Reading:
    def __init__(self, layout: Layout, country: str) -> None:
        self._text = layout.text
        self._boxes = layout.boxes
        self._seen = sightings(layout.text, country)
        self._starts = [one.start for one in self._seen]

    @cached_property
    def offers(self) -> Offers:
        if not any(one.kind == "price" for one in self._seen):
            return Offers([], [])
        cards: dict[int, list[int]] = {}
        alone: list[int] = []
        in_tables = dict(self._table_plans())
        for number in range(len(self._seen)):
            if number in in_tables or self._is_struck(number):
                continue
            card = self._card_of(number)
            if card is None:
                alone.append(number)
            else:
                cards.setdefault(card, []).append(number)
        found = {number: plan for number, plan in in_tables.items() if plan is not None}
        for card, numbers in self._with_details(cards).items():
            found.update(self._plans_of(card, numbers))
        plans = list(dict.fromkeys(plan for _, plan in sorted(found.items())))
        return Offers(_complete(plans), [plan for number in alone if (plan := self._single(number)) is not None])

    # Boxes

    @cached_property
    def _innermost(self) -> list[int]:
        """For every sighting the smallest box that holds it."""
        holds = [0] * len(self._seen)
        for index, box in enumerate(self._boxes):
            for number in self._within(box):
                if self._seen[number].end <= box.end:
                    holds[number] = index
        return holds

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        """Boxes with prices by the box around them."""
        found: dict[int, list[int]] = {}
        for index, box in enumerate(self._boxes):
            if box.parent >= 0 and self._within(box):
                found.setdefault(box.parent, []).append(index)
        return found

    @cached_property
    def _headings(self) -> list[tuple[int, int, int]]:
        """Begin, end and number of every heading with words."""
        return [
            (box.start, box.end, index)
            for index, box in enumerate(self._boxes)
            if (box.tag in HEADINGS or box.tag == "dt")
            and _TITLED.search(self._text[box.start : min(box.end, box.start + 200)])
        ]

    def _within(self, box: Box) -> range:
        return range(bisect_left(self._starts, box.start), bisect_left(self._starts, box.end))

    def _is_struck(self, number: int) -> bool:
        return self._boxes[self._innermost[number]].is_struck

    def _card_of(self, number: int) -> int | None:
        """The smallest box around a price that has a name and a sibling like it with a price."""
        index = self._innermost[number]
        for _ in range(_MOST_CLIMB):
            box = self._boxes[index]
            if box.parent < 0 or box.end - box.start > _LONGEST_CARD:
                return None
            if len(self._line_of(number)) > _LONGEST_LINE:
                return None
            if self._is_list(index) or (self._has_twin(index) and self._name_of(index)):
                return index
            index = box.parent
        return None

    def _has_twin(self, index: int) -> bool:
        box = self._boxes[index]
        return any(
            other != index
            and self._boxes[other].tag == box.tag
            and (bool(self._boxes[other].classes & box.classes) or (not box.classes and not self._boxes[other].classes))
            for other in self._children.get(box.parent, ())[:300]
        )

    def _is_list(self, index: int) -> bool:
        """Whether a box is lines that each have words and a price, and no headings: `Soupe ..... 6,50 €<br>`."""
        box = self._boxes[index]
        if not 1 < len(self._within(box)) <= MOST_PLANS:
            return False
        prices = [number for number in self._within(box) if self._seen[number].kind == "price"]
        return len(prices) > 1 and not self._heads(box) and self._are_lines(prices)

    def _are_lines(self, prices: Sequence[int]) -> bool:
        return all(map(self._line_name, prices)) and len({self._line_start(number) for number in prices}) == len(prices)

    def _with_details(self, cards: dict[int, list[int]]) -> dict[int, list[int]]:
        """Prices of rows within a card (`SMS : 0,05 €`) go to the card that has a price of its own before them."""
        merged: dict[int, list[int]] = {}
        for card, numbers in cards.items():
            around = self._boxes[card].parent
            home = card
            if self._boxes[card].tag in ("li", "tr", "dd", "p"):
                for _ in range(_MOST_CLIMB):
                    if around < 0:
                        break
                    if around in cards and cards[around][0] < numbers[0]:
                        home = around
                        break
                    around = self._boxes[around].parent
            merged.setdefault(home, []).extend(numbers)
        return merged

    # Names

    def _name_of(self, index: int) -> str | None:
        box = self._boxes[index]
        at = bisect_left(self._headings, (box.start, 0, 0))
        if at < len(self._headings) and self._headings[at][0] < box.end:
            heading = self._boxes[self._headings[at][2]]
            if name := self._words(heading.start, heading.end):
                return name
        first = self._seen[self._within(box)[0]]
        if name := self._leading(box.start, first.start):
            return name
        if (before := self._titled_before(box)) is not None:
            return before
        return self._words(first.end, box.end) if box.tag in _ROWS and first.start - box.start < 4 else None

    def _leading(self, start: int, end: int) -> str | None:
        """The first line before a price that says more than a period."""
        for line in self._text[max(start, end - 600) : end].split("\n"):
            if name := _clean(line):
                return name
        return None

    def _titled_before(self, box: Box) -> str | None:
        """A heading right before the box, within the same box around."""
        at = bisect_left(self._headings, (box.start, 0, 0)) - 1
        if at < 0:
            return None
        start, end, index = self._headings[at]
        first = bisect_left(self._starts, box.start)
        if self._boxes[index].parent != box.parent or bisect_left(self._starts, start) != first:
            return None
        following = next((one[0] for one in self._headings[at + 1 : at + 2] if one[0] >= box.end), None)
        rest = self._boxes[box.parent].end if following is None else following
        return self._words(start, end) if bisect_left(self._starts, rest) == self._within(box).stop else None

    def _words(self, start: int, end: int) -> str | None:
        """A name in a stretch of text, prices cut out."""
        pieces = []
        for number in range(bisect_left(self._starts, start), bisect_left(self._starts, end)):
            if self._seen[number].kind == "price":
                pieces.append(self._text[start : self._seen[number].start])
                start = self._seen[number].end
        return _clean(" ".join([*pieces, self._text[start:end]]).split("\n\n")[0])

    def _line_start(self, number: int) -> int:
        return self._text.rfind("\n", 0, self._seen[number].start) + 1

    def _line_of(self, number: int) -> str:
        end = self._text.find("\n", self._seen[number].end)
        return self._text[self._line_start(number) : end if end >= 0 else None]

    # Plans

    def _plans_of(self, card: int, numbers: Sequence[int]) -> dict[int, Plan]:
        """One plan of a card; of lines that each have words and a price, one a line."""
        box = self._boxes[card]
        prices = [number for number in numbers if self._seen[number].kind == "price"]
        if len(prices) > 1 and not self._heads(box) and self._are_lines(prices):
            return {number: self._plan(number, self._line_name(number)) for number in prices}
        main = self._main(numbers)
        return {} if main is None else {main: self._plan(main, self._name_of(card))}

    def _heads(self, box: Box) -> bool:
        at = bisect_left(self._headings, (box.start, 0, 0))
        return at < len(self._headings) and self._headings[at][0] < box.end

    def _line_name(self, number: int) -> str | None:
        return _clean(self._text[self._line_start(number) : self._seen[number].start])

    def _main(self, numbers: Sequence[int]) -> int | None:
        """The price to state: one that is visible before a hidden one, monthly before annual, then the first."""

        def rank(number: int) -> tuple[bool, bool, bool, int]:
            one = self._seen[number]
            hidden = self._boxes[self._innermost[number]].is_hidden
            kind = {"price": 0, "free": 1, "quote": 2}[one.kind]
            return kind > 0, hidden, kind == 0 and self._period(number) == "year", number + kind

        return min(numbers, key=rank, default=None)

    def _plan(self, number: int, name: str | None) -> Plan:
        one = self._seen[number]
        return Plan(name, one.amount, one.currency, self._period(number) if one.kind == "price" else "unknown")

    def _period(self, number: int) -> Period:
        one = self._seen[number]
        following = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._text)
        return period_at(self._text, one.start, one.end, following)

    def _single(self, number: int) -> Plan | None:
        one = self._seen[number]
        line = self._line_of(number)
        if one.kind != "price" or len(line) > 3 * _LONGEST_LINE:
            return None
        near = fold(self._text[max(0, one.start - 60) : one.end + 30].replace("\n", " "))
        if self._period(number) == "unknown" and not CUE.search(near):
            return None
        return self._plan(number, None)

    # Tables

    def _table_plans(self) -> Iterator[tuple[int, Plan | None]]:
        """Every price within a table of data, with its plan; None when it is a detail."""
        for index, box in enumerate(self._boxes):
            if box.tag != "table" or len(self._within(box)) < 2:
                continue
            rows = _rows(self._boxes, index)
            if rows is not None:
                yield from dict.fromkeys(self._within(box)).items()
                yield from self._table(rows)

    def _table(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, Plan | None]]:
        priced = [[self._priced(cell) for cell in row] for row in rows]
        titles = [] if any(number is not None for number in priced[0]) else [self._cell(cell) for cell in rows[0]]
        names = [
            next((self._cell(cell) for cell, number in zip(row, numbers, strict=True) if number is None), "")
            for row, numbers in zip(rows, priced, strict=True)
        ]
        across = [at for at, row in enumerate(priced) if sum(number is not None for number in row) > 1]
        if len(titles) > 2 and across and (len(across) == 1 or all(is_only_period(names[at]) for at in across)):
            yield from self._columns(priced[across[0]], titles)
            return
        for name, numbers in zip(names, priced, strict=True):
            yield from self._row(name, numbers, titles)

    def _columns(self, numbers: Sequence[int | None], titles: Sequence[str]) -> Iterator[tuple[int, Plan | None]]:
        for at, number in enumerate(numbers):
            if number is not None and at < len(titles):
                yield number, self._plan(number, _clean(titles[at]))

    def _row(
        self, name: str, numbers: Sequence[int | None], titles: Sequence[str]
    ) -> Iterator[tuple[int, Plan | None]]:
        held = [(at, number) for at, number in enumerate(numbers) if number is not None]
        for at, number in held:
            one = self._plan(number, _clean(name) or self._line_name(number))
            title = titles[at] if at < len(titles) else ""
            if is_only_period(title):
                period = (
                    one.period
                    if one.period != "unknown"
                    else period_at(f"{title} ", len(title) + 1, len(title) + 1, len(title) + 1)
                )
                one = msgspec.structs.replace(one, period=period)
            elif len(held) > 1 and title:
                one = msgspec.structs.replace(one, name=_clean(f"{one.name or ''} – {title}"))
            yield number, one if one.name else None

    def _priced(self, cell: int) -> int | None:
        """The price of a cell."""
        numbers = [number for number in self._within(self._boxes[cell]) if not self._is_struck(number)]
        prices = [number for number in numbers if self._seen[number].kind == "price"]
        return self._main(prices or numbers)

    def _cell(self, cell: int) -> str:
        box = self._boxes[cell]
        return " ".join(self._text[box.start : box.end].split())[:_LONGEST_NAME]


def _rows(boxes: Sequence[Box], table: int) -> list[list[int]] | None:
    """Numbers of the cells of a table by row; None when it has none, or lays out other tables."""
    rows: dict[int, list[int]] = {}
    for index in range(table + 1, len(boxes)):
        if boxes[index].start >= boxes[table].end:
            break
        if boxes[index].tag == "table":
            return None
        if boxes[index].tag in ("td", "th"):
            rows.setdefault(boxes[index].parent, []).append(index)
    return list(rows.values()) or None


def _clean(words: str) -> str | None:
    """A name without leaders and periods; None when nothing is left."""
    name = re.sub(r"[.…_·]{3,}.*|\s+", " ", words).strip(_EDGE)
    name = re.sub(
        r"\s*(?:[:,–-]\s*)?(?:à partir de|dès|de|entre|from|starting at|between)$", "", name, flags=re.IGNORECASE
    ).strip(_EDGE)
    if not _TITLED.search(name) or is_only_period(name):
        return None
    return name[:_LONGEST_NAME].rstrip()


def _complete(plans: list[Plan]) -> list[Plan]:
    """Plans, free ones in the currency of the others; none when nothing has a price."""
    currency = next((plan.currency for plan in plans if plan.amount and plan.currency), None)
    if currency is None:
        return []
    return [msgspec.structs.replace(plan, currency=currency) if plan.amount == 0 else plan for plan in plans][
        :MOST_PLANS
    ]
