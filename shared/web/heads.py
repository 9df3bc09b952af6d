"""How the matches of a regular expression begin, so that a fast search finds where trying it is worth while."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001
_LENGTH = 6
"""Characters of a head; longer ones make more of them and find little less, shorter ones begin many other words."""
_MOST = 2000


def heads(pattern: str) -> set[str]:
    """Strings of at most 6 characters: every match of `pattern` begins with one of them.

    Understands what lists of words are written with: literals, classes, groups, alternatives, repetitions. Raises
    ValueError for a pattern that can begin with anything, or be empty.
    """
    found = {text for text, _ in _spelled(_parser.parse(pattern), [("", True)])}
    if "" in found:
        raise ValueError(f"may begin with anything: {pattern}")
    return {text for text in found if not any(text.startswith(other) for other in found if other != text)}


_Begun = tuple[str, bool]
"""A beginning, and whether it may still grow."""


def _spelled(items: Iterable[Any], begun: list[_Begun]) -> list[_Begun]:
    for operator, argument in items:
        growing = [text for text, open_ in begun if open_]
        if not growing:
            break
        kept = [one for one in begun if not one[1]]
        grown = [(text + more, open_) for text in growing for more, open_ in _choices(str(operator), argument)]
        begun = list(
            dict.fromkeys([*kept, *((text[:_LENGTH], open_ and len(text) < _LENGTH) for text, open_ in grown)])
        )
        if len(begun) > _MOST:
            raise ValueError("begins in too many ways")
    return begun


def _choices(operator: str, argument: Any) -> Sequence[_Begun]:
    """What one element of a pattern may add; `False`: nothing is known of what comes after."""
    found: list[_Begun] = [("", False)]
    match operator:
        case "LITERAL":
            found = [(chr(argument), True)]
        case "IN" if all(str(kind) == "LITERAL" for kind, _ in argument):
            found = [(chr(code), True) for _, code in argument]
        case "SUBPATTERN":
            found = _spelled(argument[3], [("", True)])
        case "BRANCH":
            found = [one for branch in argument[1] for one in _spelled(branch, [("", True)])]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            once = [(text, open_ and most == 1) for text, open_ in _spelled(inner, [("", True)])]
            found = [("", True), *once] if least == 0 else once
        case "ASSERT" | "ASSERT_NOT" | "AT":
            found = [("", True)]
    return found
