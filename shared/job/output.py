"""The order of a job's rows, and which of several rows of one place is in the output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TypeVar

from shared.job.state import JobState

T = TypeVar("T")


def output_order(state: JobState) -> Iterator[int]:
    """The indexes of the work items in the order of their rows: as submitted; over a grid by query, then by tile."""
    queries = max(1, len(state.queries))
    return (index for query in range(queries) for index in range(query, state.items, queries))


class UniquePlaces:
    """Takes the places of pair after pair in the output's order; each place is given once, by its first pair.

    That is the pair it counts for (see `survey`). 65 bytes a place.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def of_pair(self, found: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
        """The places of one pair, its parts together, that are new: by id."""
        fresh = {identity: place for identity, place in found if self._is_new(identity)}
        return sorted(fresh.items(), key=lambda entry: entry[0])

    def _is_new(self, identity: str) -> bool:
        key = int.from_bytes(blake2b(identity.encode(), digest_size=8).digest())
        known = key in self._seen
        self._seen.add(key)
        return not known
