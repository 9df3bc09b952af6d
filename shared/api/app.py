"""How an HTTP service of ours is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from shared.api.errors import EXCEPTION_HANDLERS
from shared.api.headers import secure_headers
from shared.api.observed import measure_requests, trace_commands
from shared.api.schema import drop_framework_errors, openapi_config
from shared.api.streams import OpenStreams
from shared.observability.health import Check, health_routes
from shared.settings import Settings

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def make_app(
    *,
    title: str,
    routes: Sequence[ControllerRouterHandler],
    settings: Settings,
    lifespan: Lifespan,
    checks: Mapping[str, Check] | None = None,
    state: Mapping[str, Any] | None = None,
    streams: OpenStreams | None = None,
    tags: Sequence[Tag] = (),
) -> Litestar:
    """The service's app: errors, OpenAPI, body limit, security headers, health and metrics are the same everywhere.

    `lifespan` must set `app.state.identity` (an `Authenticates`) before a route with an identity is asked. `checks` are
    what /readyz asks. `streams` becomes `app.state.streams`; hand the same one to `make_server`. The access log stays
    silent: what happened to a job stands in the event log, how requests fare in the metrics.
    """
    streams = OpenStreams() if streams is None else streams  # one without streams is falsy

    @asynccontextmanager
    async def until_streams_end(_: Litestar) -> AsyncIterator[None]:
        yield
        streams.close()  # for servers that stop without a signal

    app = Litestar(
        route_handlers=[*routes, *health_routes(checks or {})],
        lifespan=[lifespan, until_streams_end],
        state=State({"settings": settings, "streams": streams, **(state or {})}),
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[secure_headers(settings)],
        middleware=[measure_requests, trace_commands],
        request_max_body_size=settings.max_body_bytes,
        openapi_config=openapi_config(title, tags),
        logging_config=None,
    )
    drop_framework_errors(app)
    return app
