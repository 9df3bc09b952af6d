"""Why a pattern could stall a worker. Rules with such patterns are refused when they are loaded."""

from __future__ import annotations

import re
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from services.techstack.patterns import Pattern

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)

MOST_WIDE_REPEATS = 3
"""Each wide repeat multiplies the worst case by its bound."""

_WIDE = 40
"""A repeat that may go on for longer than this is a wide one: version numbers and ids are shorter,
but they are written `+`, and so count too."""


def weakness(pattern: Pattern) -> str | None:
    """A sentence saying what is wrong with the pattern, None when nothing is."""
    tree = parser.parse(pattern.regex, re.IGNORECASE)
    if _nested(tree, inside=False):
        return "a repeat or an alternative inside a repeat can take exponential time"
    if _wide(tree) > MOST_WIDE_REPEATS:
        return f"more than {MOST_WIDE_REPEATS} open repeats can take polynomial time"
    return None


def _children(op: Any, arg: Any) -> list[Any]:
    if op is ops.SUBPATTERN:
        return [arg[3]]
    if op is ops.BRANCH:
        return list(arg[1])
    if op in _REPEATS:
        return [arg[2]]
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return [arg[1]]
    return [arg] if op is ops.ATOMIC_GROUP else []


def _nested(tree: Any, *, inside: bool) -> bool:
    for op, arg in tree:
        repeats = op in _REPEATS
        if inside and (op is ops.BRANCH or (repeats and arg[0] != arg[1])):
            return True
        deeper = inside or (repeats and arg[1] > 1)
        if any(_nested(child, inside=deeper) for child in _children(op, arg)):
            return True
    return False


def _wide(tree: Any) -> int:
    return sum((op in _REPEATS and arg[1] > _WIDE) + sum(map(_wide, _children(op, arg))) for op, arg in tree)
