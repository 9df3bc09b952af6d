"""What a zone is, what a commune is, and what is raised for text that is no zone."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

Kind = Literal["commune", "arrondissement", "postcode", "department", "region", "country", "radius"]

Span = tuple[int, int]
"""Areas from the first up to, not including, the second: the areas are in the order of their INSEE codes."""


class UnknownZone(ValueError):
    """The text is no zone of France. Its message is French, for the user, with suggestions where some are near."""


class Division(NamedTuple):
    """A department or a region."""

    code: str
    name: str


class Circle(NamedTuple):
    """Degrees and metres."""

    lat: float
    lon: float
    radius: float


class Zone(msgspec.Struct, frozen=True):
    """A territory to search: whole communes, and around a place the circle."""

    text: str
    """As it was given."""
    label: str
    """As the registers write it: "Lyon 2e Arrondissement"."""
    kind: Kind
    spans: tuple[Span, ...]
    """The areas that make it up; for a radius, those of the place in its middle."""
    circle: Circle | None = None
    warnings: list[str] = []
    """What was assumed, in French."""


class Commune(msgspec.Struct, frozen=True):
    """A commune of today, or an arrondissement of Paris, Lyon or Marseille."""

    insee: str
    name: str
    city: str
    """As in an address: "Paris" for its arrondissements, else the name."""
    postcode: str
    """That of the town hall where known, else the lowest."""
    postcodes: tuple[str, ...]
    department: Division
    region: Division
    population: int
    centre: tuple[float, float]
    """(lat, lon) of the town hall, or of a point inside."""
