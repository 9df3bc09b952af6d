"""/livez, /readyz and /metrics: for the operator, on the service's own port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

Check = Callable[[], Awaitable[str | None]]
"""What is wrong, in a sentence, or None. May raise: that is a sentence too."""

_PATIENCE = 2.0
"""Seconds a check may take; orchestrators ask with a timeout of their own."""


class Readiness(msgspec.Struct, frozen=True):
    """The body of /readyz: what each check says, `ok` or the sentence."""

    ready: bool
    checks: dict[str, str]


async def readiness(checks: Mapping[str, Check]) -> Readiness:
    """Ask all checks at once."""
    said = await asyncio.gather(*(_ask(check) for check in checks.values()))
    return Readiness(not any(said), {name: answer or "ok" for name, answer in zip(checks, said, strict=True)})


async def _ask(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), _PATIENCE)
    except TimeoutError:
        return f"no answer within {_PATIENCE:g} seconds"
    except Exception as error:  # whatever a check meets means: not ready
        return str(error) or type(error).__name__


def health_routes(checks: Mapping[str, Check]) -> list[HTTPRouteHandler]:
    """The operator's three routes. Liveness asks nothing: a broker that is away is no reason to be killed."""

    @get("/livez", include_in_schema=False, sync_to_thread=False)
    def livez() -> dict[str, bool]:
        return {"ok": True}

    @get("/readyz", include_in_schema=False)
    async def readyz() -> Response[Readiness]:
        found = await readiness(checks)
        return Response(found, status_code=200 if found.ready else 503)

    @get("/metrics", include_in_schema=False, sync_to_thread=False)
    def metrics() -> Response[bytes]:
        return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [livez, readyz, metrics]


def operator_app(checks: Mapping[str, Check]) -> Litestar:
    """An app of these routes alone, for a service without an API of its own."""
    return Litestar(route_handlers=health_routes(checks), openapi_config=None, logging_config=None)
