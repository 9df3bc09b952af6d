"""Plans in boxes that repeat: cards, rows, lines with leaders, headings each with a price below."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from functools import cached_property

from services.pricing.board import Board, Plan, clean
from services.pricing.layout import Box

LONGEST_LINE = 160
"""Characters of a line of a card that holds a price; in longer ones a price is told of, not offered."""
_ROWS = frozenset(("li", "tr", "p", "dd"))
"""Tags whose name may stand behind the price, and that may be details of a card."""
_LONGEST_CARD = 3000
_MOST_CLIMB = 14
_MOST_LINES = 50
_MOST_TWINS = 300


class Cards:
    """The boxes of a board that are plans."""

    def __init__(self, board: Board, done: Collection[int]) -> None:
        """`done` are the numbers of prices that are somebody else's."""
        self._board = board
        self.alone: list[int] = []
        """Prices in no such box."""
        cards: dict[int, list[int]] = {}
        for number in range(len(board.seen)):
            if number not in done and not board.is_struck(number):
                card = self._card_of(number)
                (self.alone if card is None else cards.setdefault(card, [])).append(number)
        self.plans: dict[int, Plan] = {}
        """By the number of their price."""
        for card, numbers in self._with_details(cards).items():
            self.plans.update(self._plans_of(card, numbers))

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        """Boxes with prices by the box around them."""
        found: dict[int, list[int]] = {}
        for index, box in enumerate(self._board.boxes):
            if box.parent >= 0 and self._board.within(box):
                found.setdefault(box.parent, []).append(index)
        return found

    def _card_of(self, number: int) -> int | None:
        """The smallest box around a price that has a name and a sibling like it with a price."""
        index = self._board.innermost[number]
        for _ in range(_MOST_CLIMB):
            box = self._board.boxes[index]
            if box.parent < 0 or box.end - box.start > _LONGEST_CARD:
                return None
            if len(self._board.line_of(number)) > LONGEST_LINE:
                return None
            if self._is_list(index) or (self._has_twin(index) and self._name_of(index)):
                return index
            index = box.parent
        return None

    def _has_twin(self, index: int) -> bool:
        box = self._board.boxes[index]
        return any(
            other != index
            and self._board.boxes[other].tag == box.tag
            and (
                bool(self._board.boxes[other].classes & box.classes)
                or (not box.classes and not self._board.boxes[other].classes)
            )
            for other in self._children.get(box.parent, ())[:_MOST_TWINS]
        )

    def _is_list(self, index: int) -> bool:
        """Whether a box is lines that each have words and a price, and no headings: `Soupe ..... 6,50 €<br>`."""
        box = self._board.boxes[index]
        if not 1 < len(self._board.within(box)) <= _MOST_LINES:
            return False
        prices = [number for number in self._board.within(box) if self._board.seen[number].kind == "price"]
        return len(prices) > 1 and not self._board.has_heading(box) and self._are_lines(prices)

    def _are_lines(self, prices: Sequence[int]) -> bool:
        return all(map(self._board.line_name, prices)) and len(
            {self._board.line_start(number) for number in prices}
        ) == len(prices)

    def _with_details(self, cards: dict[int, list[int]]) -> dict[int, list[int]]:
        """Prices of rows within a card (`SMS : 0,05 €`) go to the card that has a price of its own before them."""
        merged: dict[int, list[int]] = {}
        for card, numbers in cards.items():
            around = self._board.boxes[card].parent
            home = card
            if self._board.boxes[card].tag in _ROWS:
                for _ in range(_MOST_CLIMB):
                    if around < 0:
                        break
                    if around in cards and cards[around][0] < numbers[0]:
                        home = around
                        break
                    around = self._board.boxes[around].parent
            merged.setdefault(home, []).extend(numbers)
        return merged

    def _name_of(self, index: int) -> str | None:
        box = self._board.boxes[index]
        at = bisect_left(self._board.headings, (box.start, 0, 0))
        if at < len(self._board.headings) and self._board.headings[at][0] < box.end:
            heading = self._board.boxes[self._board.headings[at][2]]
            if name := self._words(heading.start, heading.end):
                return name
        first = self._board.seen[self._board.within(box)[0]]
        if name := self._leading(box.start, first.start):
            return name
        if (before := self._titled_before(box)) is not None:
            return before
        return self._words(first.end, box.end) if box.tag in _ROWS and first.start - box.start < 4 else None

    def _leading(self, start: int, end: int) -> str | None:
        """The first line before a price that says more than a period."""
        for line in self._board.text[max(start, end - 600) : end].split("\n"):
            if name := clean(line):
                return name
        return None

    def _titled_before(self, box: Box) -> str | None:
        """A heading right before the box, within the same box around."""
        at = bisect_left(self._board.headings, (box.start, 0, 0)) - 1
        if at < 0:
            return None
        start, end, index = self._board.headings[at]
        first = bisect_left(self._board.starts, box.start)
        if self._board.boxes[index].parent != box.parent or bisect_left(self._board.starts, start) != first:
            return None
        following = next((one[0] for one in self._board.headings[at + 1 : at + 2] if one[0] >= box.end), None)
        rest = self._board.boxes[box.parent].end if following is None else following
        return (
            self._words(start, end) if bisect_left(self._board.starts, rest) == self._board.within(box).stop else None
        )

    def _words(self, start: int, end: int) -> str | None:
        """A name in a stretch of text, prices cut out."""
        pieces = []
        for number in range(bisect_left(self._board.starts, start), bisect_left(self._board.starts, end)):
            if self._board.seen[number].kind == "price":
                pieces.append(self._board.text[start : self._board.seen[number].start])
                start = self._board.seen[number].end
        return clean(" ".join([*pieces, self._board.text[start:end]]).split("\n\n")[0])

    def _plans_of(self, card: int, numbers: Sequence[int]) -> dict[int, Plan]:
        """One plan of a card; of lines that each have words and a price, one a line."""
        box = self._board.boxes[card]
        prices = [number for number in numbers if self._board.seen[number].kind == "price"]
        if len(prices) > 1 and not self._board.has_heading(box) and self._are_lines(prices):
            return {number: self._board.plan(number, self._board.line_name(number)) for number in prices}
        main = self._board.main(numbers)
        return {} if main is None else {main: self._board.plan(main, self._name_of(card))}
