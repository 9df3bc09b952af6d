"""Asking the addresses of a site anew, one after the other, until one shows a site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from services.dead_check.look import Visit
from shared.net.client import Fetcher, FetchError, Response
from shared.net.errors import FailureDetail
from shared.net.page_cache import Failure
from shared.net.twin import host_of, twin


def addresses(site: str) -> list[str]:
    """Where a site may be, as `normalize_site` returned it: as given, its host's root over https and http, and the
    same of the host with its `www.` or without. At most five; the first use of `twin` reads a list, off the loop."""
    given, other = _absolute(site), twin(site)
    origins = [urlsplit(one).netloc for one in (given, _absolute(other) if other is not None else given)]
    roots = [f"{scheme}://{origin}/" for origin in origins for scheme in ("https", "http")]
    return list(dict.fromkeys([given, *roots]))


def _absolute(site: str) -> str:
    parts = urlsplit(site if "://" in site else f"https://{site}")
    return parts._replace(path=parts.path or "/").geturl()


async def visits(fetcher: Fetcher, site: str, seconds: float) -> AsyncGenerator[Visit, None]:
    """Each address of a site, until the caller has seen enough, for at most so long.

    A host whose name cannot be looked up is asked for once. What time leaves out is a visit that ended in `timeout`.
    """
    unknown: set[str | None] = set()
    deadline = asyncio.get_running_loop().time() + seconds
    for address in await asyncio.to_thread(addresses, site):
        host = host_of(address)
        if host in unknown:
            continue
        seen = await _within(deadline, fetcher, address)
        if seen.failure is not None and seen.failure.code == "dns" and host_of(seen.failure.url) == host:
            unknown.add(host)
        yield seen


async def _within(deadline: float, fetcher: Fetcher, address: str) -> Visit:
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            return await visit(fetcher, address)
    return Visit(asked=address, failure=Failure("timeout", "There was no time left to ask.", True, address))


async def visit(fetcher: Fetcher, address: str) -> Visit:
    """Ask one address; a certificate that is not valid is told, and what stands behind it seen all the same."""
    certificate: FailureDetail = ""
    try:
        try:
            response = await fetcher.get(address, fresh=True)
        except FetchError as error:
            if error.code != "tls" or not error.detail:
                raise
            certificate = error.detail
            response = await fetcher.get(address, any_certificate=True)
    except FetchError as error:
        return Visit(asked=address, failure=Failure.of(error), certificate=certificate)
    return Visit(asked=address, response=response, certificate=certificate, tls_days_left=_days_left(response))


def _days_left(response: Response) -> int | None:
    return response.tls.days_left(datetime.now(UTC)) if response.tls is not None else None
