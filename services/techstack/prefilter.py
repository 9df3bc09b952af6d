"""The narrow waist between the matcher and what makes it fast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec


class Needle(msgspec.Struct, frozen=True):
    """What one rule looks for in a text."""

    regex: str
    literals: frozenset[bytes]
    """Lower-case; every match contains one. Empty: the needle is always a candidate."""


class Prefilter(Protocol):
    """Names the needles that may match, so that the others need not be tried.

    It may name too many and never too few: whoever asks confirms with `re`. That is why two
    prefilters give one answer. Safe to call from several threads at once.
    """

    def __init__(self, needles: Sequence[Needle]) -> None: ...

    def candidates(self, data: bytes) -> Iterable[int]:
        """Positions of the needles that may match `data` (UTF-8), in no order, each once."""
