"""techstack: one site in, its technologies out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.techstack.container import container_url
from services.techstack.detect import Look, conclude, look_at
from services.techstack.engine import Matcher
from services.techstack.store import stored_matcher
from shared.modulekit.module import Context, Result, module_error
from shared.net.client import FetchError, Response, require_html
from shared.settings import Settings
from shared.web.charset import decode
from shared.web.page import Page

_CONTAINER_TIME = 10.0
"""Seconds for a container, waits for the host's turn included: it is an extra."""


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
    scripts = await _containers(seen.containers, context)
    return await context.run(_result, seen, response, scripts, context.settings)


async def _containers(names: Sequence[str], context: Context) -> list[Response]:
    """The containers that could be had in time; of the others nothing is said."""
    found = await asyncio.gather(*(_container(name, context) for name in names))
    return [response for response in found if response is not None and response.status == 200]


async def _container(name: str, context: Context) -> Response | None:
    try:
        async with asyncio.timeout(_CONTAINER_TIME):
            return await context.fetcher.get(container_url(name), accept="*/*")
    except (FetchError, TimeoutError):
        return None


def _matcher(settings: Settings) -> Matcher:
    return stored_matcher(settings.data_dir / "techstack", settings.techstack_extra_rules)


def _look(response: Response, settings: Settings) -> Look | Result:
    """The result, or the look at a page whose containers are to be fetched first."""
    look = look_at(Page.from_response(response), _matcher(settings))
    return look if look.containers and settings.techstack_gtm else _result(look, response, (), settings)


def _result(look: Look, response: Response, containers: Sequence[Response], settings: Settings) -> Result:
    scripts = [decode(one.body, one.header("content-type") or "") for one in containers]
    columns, report = conclude(look, _matcher(settings), response, scripts)
    return Result(columns=dict(columns), report=msgspec.to_builtins(report))
