"""The unique places of a job: a persistent set, small enough to be part of a state.

A place counts for the query and the zone that found it first in the request's order, whatever the order in which
results come; so the index keeps, for each place, the earliest finder so far. 14 bytes a place: a million take 14 MB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import msgspec

_KEY = 8
"""Bytes of hash: among a million places two share one with a probability of one in 40 million."""
_RANK = struct.Struct(">BIB")
"""Query, tile, zone; big-endian, so that bytes compare as the numbers do."""
_LENGTH = _KEY + _RANK.size
_BUCKETS = 1024


class Finder(NamedTuple):
    """Which query found a place on which tile; the lowest pair is the first in the request's order."""

    query: int
    tile: int
    zone: int

    def pack(self) -> bytes:
        """Bytes that compare as finders do."""
        return _RANK.pack(*self)


class PlaceIndex(msgspec.Struct, frozen=True):
    """Places and their first finders. Immutable; `note` shares all but the buckets it changes."""

    buckets: tuple[bytes, ...] = (b"",) * _BUCKETS
    size: int = 0

    def note(self, ids: Iterable[str], finder: Finder) -> tuple[PlaceIndex, int, list[Finder]]:
        """The index with these places found by `finder`; how many now count for it; who had counted for them before.

        The places that are new are the difference of the two.
        """
        buckets: list[bytes] | None = None
        gained, lost = 0, list[Finder]()
        rank = finder.pack()
        for place in ids:
            key = blake2b(place.encode(), digest_size=_KEY).digest()
            number = int.from_bytes(key[:2]) % _BUCKETS
            bucket = (buckets or self.buckets)[number]
            at = _find(bucket, key)
            if at >= 0:
                known = bucket[at + _KEY : at + _LENGTH]
                if known <= rank:
                    continue
                lost.append(_unpack(known))
                bucket = bucket[: at + _KEY] + rank + bucket[at + _LENGTH :]
            else:
                bucket += key + rank
            gained += 1
            buckets = buckets or list(self.buckets)
            buckets[number] = bucket
        if buckets is None:
            return self, 0, lost
        return PlaceIndex(tuple(buckets), self.size + gained - len(lost)), gained, lost


def _find(bucket: bytes, key: bytes) -> int:
    """Where the key's record begins; -1: it has none."""
    at = bucket.find(key)
    while at >= 0 and at % _LENGTH:  # chance bytes across two records
        at = bucket.find(key, at + 1)
    return at


def _unpack(rank: bytes) -> Finder:
    return Finder(*_RANK.unpack(rank))
