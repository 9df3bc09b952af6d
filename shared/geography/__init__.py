"""French geography without a network: what a zone is, which tiles cover it, which commune a point lies in."""

from shared.geography.geography import Geography
from shared.geography.tile import BoundingBox, Tile
from shared.geography.zone import Commune, Division, UnknownZone, Zone

__all__ = ["BoundingBox", "Commune", "Division", "Geography", "Tile", "UnknownZone", "Zone"]
