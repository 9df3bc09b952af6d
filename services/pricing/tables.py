"""Plans in tables: one a column when a row has their prices, else one a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from services.pricing.board import LONGEST_NAME, Board, Plan, clean
from services.pricing.layout import Box
from services.pricing.period import is_only_period, period_of

_Numbered = Iterator[tuple[int, Plan | None]]


class Tables:
    """The tables of data of a board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.plans: dict[int, Plan | None] = {}
        """Every price within them by number, with its plan; None when it is a detail."""
        for index, box in enumerate(board.boxes):
            if box.tag == "table" and len(board.within(box)) > 1 and (rows := _rows(board.boxes, index)) is not None:
                self.plans.update(dict.fromkeys(board.within(box)))
                self.plans.update(self._table(rows))

    def _table(self, rows: Sequence[Sequence[int]]) -> _Numbered:
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

    def _columns(self, numbers: Sequence[int | None], titles: Sequence[str]) -> _Numbered:
        for at, number in enumerate(numbers):
            if number is not None and at < len(titles):
                yield number, self._board.plan(number, clean(titles[at]))

    def _row(self, name: str, numbers: Sequence[int | None], titles: Sequence[str]) -> _Numbered:
        held = [(at, number) for at, number in enumerate(numbers) if number is not None]
        for at, number in held:
            one = self._board.plan(number, clean(name) or self._board.line_name(number))
            title = titles[at] if at < len(titles) else ""
            if is_only_period(title):
                period = one.period if one.period != "unknown" else period_of(title)
                one = msgspec.structs.replace(one, period=period)
            elif len(held) > 1 and title:
                one = msgspec.structs.replace(one, name=clean(f"{one.name or ''} – {title}"))
            yield number, one if one.name else None

    def _priced(self, cell: int) -> int | None:
        """The price of a cell."""
        numbers = [
            number for number in self._board.within(self._board.boxes[cell]) if not self._board.is_struck(number)
        ]
        prices = [number for number in numbers if self._board.seen[number].kind == "price"]
        return self._board.main(prices or numbers)

    def _cell(self, cell: int) -> str:
        box = self._board.boxes[cell]
        return " ".join(self._board.text[box.start : box.end].split())[:LONGEST_NAME]


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
