"""What a page offers to a reader."""

from __future__ import annotations

import msgspec

from services.pricing.board import Board, Plan
from services.pricing.cards import LONGEST_LINE, Cards
from services.pricing.layout import Layout
from services.pricing.tables import Tables
from services.pricing.words import CUE
from shared.web.folding import fold

MOST_PLANS = 50
_LONGEST_SENTENCE = 3 * LONGEST_LINE


class Offers(msgspec.Struct, frozen=True):
    """What a page offers."""

    plans: list[Plan]
    """Of boxes that repeat, at least one of them with a price; in order."""
    single: list[Plan]
    """Prices beside words that offer something, in no box of that kind."""


def offers(layout: Layout, country: str) -> Offers:
    """Read the prices of a page. `country` as in `sightings`. Pure."""
    board = Board(layout, country)
    if not any(one.kind == "price" for one in board.seen):
        return Offers([], [])
    tables = Tables(board).plans
    cards = Cards(board, tables)
    found = cards.plans | {number: plan for number, plan in tables.items() if plan is not None}
    plans = dict.fromkeys(plan for _, plan in sorted(found.items()))
    single = (_single(board, number) for number in cards.alone)
    return Offers(_complete(list(plans)), [plan for plan in single if plan is not None])


def _single(board: Board, number: int) -> Plan | None:
    one = board.seen[number]
    line = board.line_of(number)
    if one.kind != "price" or len(line) > _LONGEST_SENTENCE:
        return None
    near = fold(board.text[max(0, one.start - 60) : one.end + 30].replace("\n", " "))
    if board.period(number) == "unknown" and not CUE.search(near):
        return None
    return board.plan(number, None)


def _complete(plans: list[Plan]) -> list[Plan]:
    """Plans, free ones in the currency of the others; none when nothing has a price."""
    currency = next((plan.currency for plan in plans if plan.amount and plan.currency), None)
    if currency is None:
        return []
    return [msgspec.structs.replace(plan, currency=currency) if plan.amount == 0 else plan for plan in plans][
        :MOST_PLANS
    ]
