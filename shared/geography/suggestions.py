"""What a misspelled zone may have meant."""

from __future__ import annotations

import re
from bisect import bisect_left

from rapidfuzz import process
from rapidfuzz.distance import OSA

from shared.geography.gazetteer import Gazetteer
from shared.geography.text import key

_MANY = 3
_ALIKE = 0.7
"""Least similarity: one change in four letters, three in ten."""

_CONSIDERED = 30


def suggestions(known: Gazetteer, text: str) -> list[str]:
    """At most three names or codes, the nearest first, and of those as near the most populous."""
    written = key(text)[:80]
    if re.fullmatch(r"\d{3,6}", written):
        return _postcodes(known, written)
    found: dict[str, tuple[float, int]] = {}
    for names in (known.communes, known.territories):
        for name, distance, _ in process.extract(
            written, names.keys(), scorer=OSA.normalized_distance, score_cutoff=1 - _ALIKE, limit=_CONSIDERED
        ):
            label, people = _best(known, name)
            found[label] = min(found.get(label, (1.0, 0)), (distance, -people))
    return sorted(found, key=lambda label: found[label])[:_MANY]


def _best(known: Gazetteer, name: str) -> tuple[str, int]:
    """The label of a key and its inhabitants."""
    areas = known.communes.get(name)
    if not areas:
        territory = known.territories[name]
        return territory.label, sum(sum(known.populations[first:end]) for first, end in territory.spans)
    area = max(areas, key=lambda area: known.populations[area])
    return known.names[area], known.populations[area]


def _postcodes(known: Gazetteer, written: str) -> list[str]:
    """The postcodes on either side of one that does not exist."""
    codes = sorted(known.postcodes)
    place = bisect_left(codes, written)
    return [code for code in codes[max(place - 1, 0) : place + 1] if code[:2] == written[:2]]
