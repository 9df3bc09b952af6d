"""What the module asks of a register. Every call raises ApiError when the register cannot answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from services.legal_data.company import Company


class Register(Protocol):
    """A register that knows companies by their number."""

    async def by_siren(self, siren: str) -> Company | None:
        """The company with exactly this number; None: the register has none, or may not tell."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


class Directory(Register, Protocol):
    """A register that can be searched. Its answers are complete companies, open and closed ones."""

    async def search(
        self, name: str, *, postcodes: Sequence[str] = (), departments: Sequence[str] = ()
    ) -> list[Company]:
        """Those that the register finds for a name, the likeliest first, as many as one page holds.

        `postcodes`, `departments`: only companies with an establishment there, which then is in `establishments`.
        """
        ...

    async def near(self, lat: float, lon: float, *, radius_km: float) -> list[Company]:
        """Those with an establishment within the radius, which then is in `establishments` with its position."""
        ...
