"""What measures: Google's service or a browser of our own, behind one interface."""

from __future__ import annotations

from typing import Protocol

from contracts.items import ItemRequested
from services.pagespeed.measurement import Measurement, Strategy
from shared.modulekit.module import Context


class Engine(Protocol):
    """Measures pages. One per worker process; any number of concurrent calls."""

    name: str
    """Part of what an answer is remembered under: two engines do not measure alike."""

    async def addresses(self, site: str, item: ItemRequested, context: Context) -> list[str]:
        """Where to measure a usable `site_web`: the later ones if those before cannot be had. Raises ModuleError."""
        ...

    async def measure(self, url: str, strategy: Strategy) -> Measurement:
        """One measurement. Raises Unreachable or NotMeasured for the page's sake, and any other ModuleError."""
        ...
