"""Counts of what a detector found against what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec


class Tally(msgspec.Struct, frozen=True):
    """Pairs of page and technology."""

    right: frozenset[tuple[str, str]]
    wrong: frozenset[tuple[str, str]]
    """Found and not there."""
    missed: frozenset[tuple[str, str]]
    """There and not found."""

    @property
    def precision(self) -> float:
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        return len(self.right) / max(1, len(self.right) + len(self.missed))

    def of(self, pages: Iterable[str]) -> Tally:
        """The part that is about some of the pages."""
        names = frozenset(pages)
        kinds = (self.right, self.wrong, self.missed)
        return Tally(*(frozenset(pair for pair in pairs if pair[0] in names) for pairs in kinds))

    def among(self, technologies: Iterable[str]) -> Tally:
        """The part that is about some of the technologies."""
        names = frozenset(technologies)
        kinds = (self.right, self.wrong, self.missed)
        return Tally(*(frozenset(pair for pair in pairs if pair[1] in names) for pairs in kinds))


def tally(found: Mapping[str, set[str]], there: Mapping[str, set[str]]) -> Tally:
    """Compare page by page; both have the same pages."""
    seen = {(page, name) for page, names in found.items() for name in names}
    true = {(page, name) for page, names in there.items() for name in names}
    return Tally(frozenset(seen & true), frozenset(seen - true), frozenset(true - seen))
