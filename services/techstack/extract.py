"""techstack: one site in, its technologies out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.techstack.detect import Look, conclude, look_at
from services.techstack.engine import Matcher
from services.techstack.store import stored_matcher
from shared.modulekit.module import Context, Result, module_error
from shared.net.client import FetchError, Response, require_html
from shared.settings import Settings
from shared.web.page import Page
from shared.web.tag_container import fetch_containers


async def process(item: ItemRequested, context: Context) -> Result:
    """Fetch the home page and detect what it is made of.

    Raises Retryable or Permanent: an error page or a bot wall says nothing about the site, its CDN alone is no stack.
    """
    response = await context.fetch_site(str(read_key(item.item, "site_web")))
    try:
        require_html(response)
    except FetchError as error:
        raise module_error(error) from None
    # Parsing and matching take milliseconds of CPU a page: off the loop. In one go where nothing more is fetched:
    # a parsed page takes megabytes, and would wait behind all pages that came after it.
    seen = await context.run(_look, response, context.settings)
    if isinstance(seen, Result):
        return seen
    scripts = await fetch_containers(seen.containers, context)
    return await context.run(_result, seen, response, scripts, context.settings)


def _matcher(settings: Settings) -> Matcher:
    return stored_matcher(settings.data_dir / "techstack", settings.techstack_extra_rules)


def _look(response: Response, settings: Settings) -> Look | Result:
    """The result, or the look at a page whose containers are to be fetched first."""
    look = look_at(Page.from_response(response), _matcher(settings))
    return look if look.containers and settings.techstack_gtm else _result(look, response, (), settings)


def _result(look: Look, response: Response, scripts: Sequence[str], settings: Settings) -> Result:
    columns, report = conclude(look, _matcher(settings), response, scripts)
    return Result(columns=dict(columns), report=msgspec.Raw(msgspec.json.encode(report)))
