"""France, offline: zones, their tiles, and the commune of a point."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from importlib.resources import files
from threading import Lock

import msgspec

from shared.geography.bundle import Bundle
from shared.geography.gazetteer import Gazetteer
from shared.geography.grid import Grid
from shared.geography.outlines import Outlines
from shared.geography.resolver import Resolver
from shared.geography.tile import Tile
from shared.geography.zone import Commune, Zone

_loading = Lock()


class Geography:
    """All of it is read-only and may be shared by threads. `load` gives the one of the process."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        registers = bundle.registers()
        self._gazetteer = Gazetteer(registers)
        self._grid = Grid(registers)
        self._resolver = Resolver(self._gazetteer)
        self._communes: dict[int, Commune] = {}

    @staticmethod
    def load() -> Geography:
        """The geography of the bundle beside this file, read once a process. Takes CPU: call it from a thread."""
        with _loading:
            return _load()

    def resolve(self, zone: str) -> Zone:
        """The territory of a zone as users write it. Raises UnknownZone, whose French message is for them."""
        return self._resolver.resolve(zone)

    def grid(self, zones: Sequence[Zone], finer: bool = False) -> list[tuple[Tile, int]]:
        """The distinct tiles of the zones, none over another, each with the position of the first zone that has it.

        In the order of the zones, and within each from the south-west, neighbours together; the same zones always
        give the same list. `finer` gives the quadrants of those tiles that touch the zones.
        """
        return self._grid.finer_union(zones) if finer else self._grid.union(zones)

    def commune_at(self, lat: float, lon: float) -> Commune | None:
        """The commune or arrondissement whose outline holds a point (degrees); None at sea and abroad."""
        area = self.outlines.area_at(lat, lon)
        return None if area is None else self._commune(area)

    def communes(self, zone: Zone) -> list[Commune]:
        """What a zone consists of, by INSEE code. A city stands for its arrondissements; a radius for its middle."""
        return [self._commune(area) for first, end in zone.spans for area in range(first, end)]

    @cached_property
    def outlines(self) -> Outlines:
        """Made on first use, which takes longer than `load`: touch it from a thread before many `commune_at`."""
        return Outlines(self._bundle.drawing(), self._grid)

    def _commune(self, area: int) -> Commune:
        found = self._communes.get(area)
        if found is None:
            found = self._communes[area] = self._gazetteer.commune(area)
        return found


@cache
def _load() -> Geography:
    content = files(__package__).joinpath("france.bin").read_bytes()
    return Geography(msgspec.msgpack.decode(content, type=Bundle))
