"""The prefilter over Hyperscan: all expressions in one linear pass."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import hyperscan

from services.techstack.prefilter import Needle

_FLAGS = (
    hyperscan.HS_FLAG_CASELESS
    | hyperscan.HS_FLAG_SINGLEMATCH  # one report a needle is enough
    | hyperscan.HS_FLAG_ALLOWEMPTY
    | hyperscan.HS_FLAG_PREFILTER  # look-arounds and back-references become what contains them
)


class HyperscanFilter:
    """Compiles once; each thread scans with a scratch space of its own, as the library demands."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._own = threading.local()
        self._database: hyperscan.Database | None = None
        if needles:
            self._database = hyperscan.Database()
            self._database.compile(
                expressions=[needle.regex.encode() for needle in needles],
                ids=list(range(len(needles))),
                elements=len(needles),
                flags=[_FLAGS] * len(needles),
            )

    def candidates(self, data: bytes) -> Iterable[int]:
        found: list[int] = []
        if self._database is not None:

            def note(needle: int, _start: int, _end: int, _flags: int, _context: object) -> None:
                found.append(needle)

            self._database.scan(data, match_event_handler=note, scratch=self._scratch())
        return found

    def _scratch(self) -> hyperscan.Scratch:
        if not hasattr(self._own, "scratch"):
            self._own.scratch = hyperscan.Scratch(self._database)
        scratch: hyperscan.Scratch = self._own.scratch
        return scratch
