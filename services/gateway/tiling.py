"""From the zones of a search to its tiles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import msgspec

from shared.geography import Geography, UnknownZone, Zone

_KEPT = 200_000
"""Tiles of the answers given last, some 30 MB: who fills in a form asks for the same zones again, then creates."""


class Tiling(msgspec.Struct, frozen=True):
    """The distinct tiles of some zones."""

    unknown: Sequence[str] = ()
    """A sentence for each zone that is none; there are no tiles then."""
    warnings: Sequence[str] = ()
    """E.g. a name that several places have, and which of them was taken."""
    tiles: Sequence[tuple[str, int]] = ()
    """Ids, in the order of the job's points, each with the position of the first zone that holds it."""


class Tiler:
    """Resolves zones and lays the grid over them. Its methods take time: call them in a thread."""

    def __init__(self, geography: Geography) -> None:
        self._geography = geography
        self._answers: OrderedDict[tuple[tuple[str, ...], bool], Tiling] = OrderedDict()
        self._lock = Lock()

    def tile(self, zones: Sequence[str], *, finer: bool) -> Tiling:
        """The tiles of the zones, or what is wrong with them; `finer` is the grid one level below."""
        key = (tuple(zones), finer)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        tiling = self._tile(zones, finer=finer)
        with self._lock:
            self._answers[key] = tiling
            # One more for each answer, so that those without tiles are not kept for ever.
            while sum(len(answer.tiles) + 1 for answer in self._answers.values()) > _KEPT:
                self._answers.popitem(last=False)
        return tiling

    def _tile(self, zones: Sequence[str], *, finer: bool) -> Tiling:
        found: list[Zone] = []
        unknown: list[str] = []
        for text in zones:
            try:
                found.append(self._geography.resolve(text))
            except UnknownZone as error:
                unknown.append(str(error))
        warnings = tuple(dict.fromkeys(warning for zone in found for warning in zone.warnings))
        if unknown:
            return Tiling(tuple(unknown), warnings)
        grid = self._geography.grid(found, finer=finer)
        return Tiling((), warnings, tuple((tile.id, zone) for tile, zone in grid))
