"""Every text that an expression without open ends matches."""

from __future__ import annotations

from itertools import product
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any


def spelled_out(expression: str) -> frozenset[str]:
    """All texts that match the whole expression, which may have literals, groups, alternatives and bounded
    repeats. Raises ValueError for anything else."""
    return _sequence(parser.parse(expression))


def _sequence(items: Any) -> frozenset[str]:
    choices = [_choices(op, arg) for op, arg in items]
    return frozenset("".join(parts) for parts in product(*choices))


def _choices(op: Any, arg: Any) -> frozenset[str]:
    if op is ops.LITERAL:
        return frozenset({chr(arg)})
    if op is ops.SUBPATTERN:
        return _sequence(arg[3])
    if op is ops.BRANCH:
        return frozenset().union(*(_sequence(choice) for choice in arg[1]))
    if op is ops.IN:  # how the parser writes `a|b`
        return frozenset().union(*(_choices(*member) for member in arg))
    if op is ops.MAX_REPEAT and arg[1] is not ops.MAXREPEAT:
        least, most, repeated = arg
        return frozenset().union(*(_sequence([*repeated] * count) for count in range(least, most + 1)))
    raise ValueError(f"{op} cannot be spelled out")
