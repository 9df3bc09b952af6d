"""The prefilter over Hyperscan: all expressions in one linear pass."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Sequence
from importlib.metadata import version

import hyperscan

from services.techstack.prefilter import Needle

_FLAGS = (
    hyperscan.HS_FLAG_CASELESS
    | hyperscan.HS_FLAG_SINGLEMATCH  # one report a needle is enough
    | hyperscan.HS_FLAG_ALLOWEMPTY
    | hyperscan.HS_FLAG_PREFILTER  # look-arounds and back-references become what contains them
)

VERSION = version("hyperscan")


class HyperscanFilter:
    """Compiles once; each thread scans with a scratch space of its own, as the library demands."""

    def __init__(self, needles: Sequence[Needle], serialised: bytes | None = None) -> None:
        """With `serialised`, what `dump` gave for the same needles. Raises hyperscan.HyperscanError when that
        is damaged or was made for another processor."""
        self._own = threading.local()
        self._database: hyperscan.Database | None = None
        if serialised is not None:
            self._database = hyperscan.loadb(serialised, hyperscan.HS_MODE_BLOCK)
        elif needles:
            self._database = _compiled(needles)

    def dump(self) -> bytes | None:
        """The compiled database; None when there is nothing to look for."""
        return bytes(hyperscan.dumpb(self._database)) if self._database is not None else None

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


def fingerprint(needles: Sequence[Needle]) -> str:
    """Names a database by what it looks for, in which order."""
    return hashlib.sha256("\0".join(needle.regex for needle in needles).encode()).hexdigest()


def _compiled(needles: Sequence[Needle]) -> hyperscan.Database:
    try:
        return _database([needle.regex for needle in needles])
    except hyperscan.HyperscanError:
        # One expression too large for it must not cost the others: what it refuses is looked for by literals.
        return _database([needle.regex if _accepted(needle.regex) else _by_literals(needle) for needle in needles])


def _database(expressions: Sequence[str]) -> hyperscan.Database:
    database = hyperscan.Database()
    database.compile(
        expressions=[expression.encode() for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[_FLAGS] * len(expressions),
    )
    return database


def _accepted(expression: str) -> bool:
    try:
        _database([expression])
    except hyperscan.HyperscanError:
        return False
    return True


def _by_literals(needle: Needle) -> str:
    return "|".join(re.escape(literal.decode()) for literal in sorted(needle.literals))
