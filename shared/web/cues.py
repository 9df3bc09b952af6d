"""Regular expressions for long texts in which they seldom match."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import ahocorasick_rs

from shared.web.heads import heads


class Cue:
    """An expression that is tried only where its matches can begin: on a page of text ten times as fast as `re`.

    Raises ValueError for a pattern that `heads` does not understand; it has no flags.
    """

    def __init__(self, pattern: str) -> None:
        self.expression = re.compile(pattern)
        self._search = ahocorasick_rs.AhoCorasick(sorted(heads(pattern)))

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """What `re.finditer` gives."""
        return matches_among(self.expression, text, self.starts(text))

    def search(self, text: str) -> re.Match[str] | None:
        """What `re.search` gives."""
        return next(self.finditer(text), None)

    def starts(self, text: str) -> list[int]:
        """Where a match may begin, in order."""
        return sorted({start for _, start, _ in self._search.find_matches_as_indexes(text, overlapping=True)})


def matches_among(expression: re.Pattern[str], text: str, starts: Sequence[int]) -> Iterator[re.Match[str]]:
    """The matches that begin at one of these offsets, which are in order; none within another."""
    at = 0
    for start in starts:
        if start >= at and (match := expression.match(text, start)) is not None:
            at = match.end()
            yield match
