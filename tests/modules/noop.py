"""A module that does nothing: what remains is the cost of everything around it."""

from contracts.items import ItemRequested
from shared.modulekit.module import Context, Result


async def process(item: ItemRequested, context: Context) -> Result:
    return Result(columns={"echo": item.item.get("nom")})
