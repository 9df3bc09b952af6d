"""The registers of this deployment, asked together: one must answer, the others may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from services.legal_data.bodacc import Bodacc
from services.legal_data.company import Company
from services.legal_data.inpi import Inpi
from services.legal_data.insee import Insee
from services.legal_data.recherche_entreprises import RechercheEntreprises
from services.legal_data.register import Directory, Register
from shared.modulekit.module import Context
from shared.net.api_client import ApiError

_PATIENCE = 25.0
"""Seconds that an item waits for registers that only add to what is known."""
_FILLED_BY_INSEE = ("name", "legal_form", "naf", "headcount", "created", "is_open")


class Completed(msgspec.Struct, frozen=True):
    """What is known of a company, and which registers did not answer."""

    companies: tuple[Company, ...]
    failures: tuple[str, ...]
    """Sentences for who watches the job."""


class Registers:
    """`directory` finds companies; the others are None where they are not configured."""

    def __init__(
        self, directory: Directory, insee: Register | None, inpi: Register | None, bodacc: Register | None
    ) -> None:
        self.directory = directory
        self.insee = insee
        self.inpi = inpi
        self.bodacc = bodacc

    @classmethod
    def open(cls, context: Context) -> Self:
        """Those that the settings name."""
        settings, given = context.settings, (context.settings, context.quotas, context.answers)
        return cls(
            RechercheEntreprises(*given),
            Insee(*given) if settings.insee_key else None,
            Inpi(*given) if settings.inpi_user else None,
            Bodacc(*given) if settings.bodacc_url else None,
        )

    async def complete(self, company: Company) -> Completed:
        """Ask the other registers about a company: Insee only for what is missing, for it answers thirty a minute."""
        lacks = any(getattr(company, field) is None for field in _FILLED_BY_INSEE)
        asked = [self.insee if lacks else None, self.inpi, self.bodacc]
        return await self._all(company.siren, filter(None, asked), known=[company])

    async def unlisted(self, siren: str) -> Completed:
        """What the others know of a number that the directory does not have. The BODACC names no companies."""
        found = await self._all(siren, filter(None, [self.insee, self.inpi]), known=[])
        if not found.companies or self.bodacc is None:
            return found
        more = await self._all(siren, [self.bodacc], known=found.companies)
        return Completed(more.companies, found.failures + more.failures)

    async def _all(self, siren: str, registers: Iterable[Register], known: Sequence[Company]) -> Completed:
        answers = await asyncio.gather(*(_asked(register, siren) for register in registers))
        found = [one for one in answers if isinstance(one, Company) and one.siren == siren]
        return Completed((*known, *found), tuple(one for one in answers if isinstance(one, str)))


async def _asked(register: Register, siren: str) -> Company | str | None:
    """The company, None, or why there is no answer."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await register.by_siren(siren)
    except ApiError as error:
        return error.message
    except TimeoutError:
        return f"{type(register).__name__} was too busy to answer."
