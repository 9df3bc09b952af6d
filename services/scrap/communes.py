"""What the module asks of the geography; `shared.geography.Geography` answers it."""

from __future__ import annotations

from typing import Protocol

from shared.geography import Commune


class Communes(Protocol):
    """Where a point's commune is asked for."""

    def commune_at(self, lat: float, lon: float) -> Commune | None:
        """The commune or arrondissement at a point (degrees); None where there is none."""
        ...
