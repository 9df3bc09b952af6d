"""recherche-entreprises on its bad days: what is asked for by one of these names is answered as nobody can use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shared.web.folding import fold
from tests.world.places.api import Answer, Request, as_html, as_json
from tests.world.registers.recherche_entreprises import RechercheEntreprises

SILENT = "SOCIETE DU SILENCE"
HUGE = "GROUPE ENORME"
_TOO_MUCH = 17 * 1024 * 1024

_ODD: dict[str, Callable[[], Answer]] = {
    "charabia": lambda: as_json({"results": [{"siren": 7}]}),
    "bavard": lambda: as_json([]),
    "absurde": lambda: as_json({"results": [{"siren": "000001016", "siege": {"siret": None}}], "total_pages": "x"}),
    "refus": lambda: as_json({"erreur": "Paramètre non valide"}, 400),
    "interdit": lambda: as_html("Forbidden", 403),
    "enorme": lambda: Answer(b" " * _TOO_MUCH),
    "silence": lambda: Answer(b"", wait=asyncio.Event()),
}
POISON = [f"ATELIER {name.upper()}" for name in ("charabia", "bavard", "absurde", "refus", "interdit")]


class OddRegister(RechercheEntreprises):
    """Good answers for every other name, unless it is held."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self._open = asyncio.Event()
        self._open.set()
        self.asked = asyncio.Event()

    def hold(self) -> None:
        """Answer nobody until `release`."""
        self._open.clear()
        self.asked.clear()

    def release(self) -> None:
        self._open.set()

    async def respond(self, request: Request) -> Answer:
        self.asked.set()
        await self._open.wait()
        words = fold(request.query.get("q", "")).split()
        odd = next((make for name, make in _ODD.items() if name in words), None)
        return odd() if odd is not None else await super().respond(request)
