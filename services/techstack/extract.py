"""techstack: one site in, its technologies out."""

from __future__ import annotations

import msgspec

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.techstack.detect import analyse
from shared.modulekit.module import Context, Result, module_error
from shared.net.client import FetchError, Response, require_html
from shared.web.page import Page


async def process(item: ItemRequested, context: Context) -> Result:
    """Fetch the home page and detect what it is made of. Raises Retryable or Permanent."""
    response = await context.fetch_site(str(read_key(item.item, "site_web")))
    try:
        require_html(response)
    except FetchError as error:
        raise module_error(error) from None
    # Parsing and matching take milliseconds of CPU a page: off the loop.
    return await context.run(_detect, response)


def _detect(response: Response) -> Result:
    columns, report = analyse(Page.from_response(response), response)
    return Result(columns=dict(columns), report=msgspec.to_builtins(report))
