"""What a job costs, in France equivalents (EF)."""

from __future__ import annotations

from typing import Any, Final

from contracts.manifest import ModuleSpec
from shared.api.errors import BadRequest

QUOTA_EXCEEDED: Final = "Quota dépassé"

_TILES = 10_000
"""Of the whole country: one France equivalent."""


def price(spec: ModuleSpec, options: dict[str, Any], items: int) -> float:
    """The cost of so many items: the module's weight stands for 10 000 of them."""
    return round(spec.weight(options) * items / 10_000, 3)


def grid_price(tiles: int, *, include_reviews: bool) -> float:
    """The cost of searching so many tiles, whatever the number of queries; unrounded."""
    return tiles / _TILES * (2 if include_reviews else 1)


def check_ceiling(ef_cost: float, ceiling: float) -> None:
    """Raises BadRequest when a job costs more than one may (`MAX_EF_PER_JOB`)."""
    if ef_cost > ceiling:
        raise BadRequest(QUOTA_EXCEEDED)
