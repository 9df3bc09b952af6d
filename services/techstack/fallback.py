"""The prefilter where Hyperscan is not to be had: Aho-Corasick over mandatory literals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ahocorasick_rs import BytesAhoCorasick

from services.techstack.prefilter import Needle


class LiteralFilter:
    """A needle is a candidate when one of its literals occurs."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        owners: dict[bytes, set[int]] = {}
        for position, needle in enumerate(needles):
            for literal in needle.literals:
                owners.setdefault(literal, set()).add(position)
        self._always = frozenset(i for i, needle in enumerate(needles) if not needle.literals)
        self._owners = list(owners.values())
        self._automaton = BytesAhoCorasick(list(owners))

    def candidates(self, data: bytes) -> Iterable[int]:
        # Overlapping, or a literal inside another one would be hidden by it.
        hits = self._automaton.find_matches_as_indexes(data.lower(), overlapping=True)
        return self._always.union(*(self._owners[literal] for literal in {hit[0] for hit in hits}))
