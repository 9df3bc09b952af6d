"""legal_data: one lead in, what the public registers know of its company out."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from contracts.items import ItemRequested
from services.legal_data.company import Company
from services.legal_data.facts import columns, report
from services.legal_data.finding import Found, by_number, find
from services.legal_data.matching import Choice, choose
from services.legal_data.place import Where
from services.legal_data.registers import Completed, Registers
from services.legal_data.wanted import Wanted, wanted
from shared.geography import Geography
from shared.modulekit.api_failures import api_failure
from shared.modulekit.errors import Permanent
from shared.modulekit.module import Context, Result
from shared.net.api_client import ApiError


class _Desk:
    """What the items of one process share."""

    def __init__(self, registers: Registers, geography: Geography) -> None:
        self.registers = registers
        self.geography = geography


_desks: WeakKeyDictionary[Context, asyncio.Task[_Desk]] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Find the lead's company and ask the registers about it.

    No company, or several, is an answer: a row with an `error_code`. Raises Permanent `no_name`, and Retryable or
    Permanent when the directory of companies fails; another register's failure leaves its columns empty.
    """
    desk = await asyncio.shield(_desk(context))
    lead = await context.run(wanted, item.item, desk.geography)
    if not lead.names and lead.siren is None:
        raise Permanent("no_name", "The item has no name that a company can be looked for by, and no valid SIREN.")
    try:
        found, known = await _known(desk.registers, lead, context)
    except ApiError as error:
        raise api_failure(error) from None
    for failure in known.failures:
        await context.log_once(item, "warn", f"{failure} What it alone knows stays empty.")
    return Result(**await context.run(extract, next(iter(lead.names), None), found, known.companies))


def extract(name: str | None, found: Found, companies: tuple[Company, ...]) -> dict[str, Any]:
    """The `columns` and the `report` of a lead, from its company as each register told it. Pure."""
    return {"columns": columns(found, companies), "report": report(name, found, companies)}


async def _known(registers: Registers, lead: Wanted, context: Context) -> tuple[Found, Completed]:
    """The lead's company, and all that is known of it. Raises ApiError."""

    async def choosing(name: str, where: Where, met: list[Company]) -> Choice:
        return await context.run(choose, name, where, met)

    found = await find(registers.directory, lead, choosing)
    if found.company is not None:
        return found, await registers.complete(found.company)
    if found.error == "unknown_siren" and lead.siren is not None:
        known = await registers.unlisted(lead.siren)
        return (by_number(known.companies[0], lead) if known.companies else found), known
    return found, Completed((), ())


def _desk(context: Context) -> asyncio.Task[_Desk]:
    """Made by the first item of a process; the others wait for it."""
    task = _desks.get(context)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = _desks[context] = asyncio.create_task(_make(context))
    return task


async def _make(context: Context) -> _Desk:
    geography = await context.run(_geography)
    return _Desk(Registers.open(context), geography)


def _geography() -> Geography:
    loaded = Geography.load()
    _ = loaded.outlines  # made on first use, and that should not be an item's
    return loaded
