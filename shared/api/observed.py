"""What is seen of requests: how many and how long they took, and to which trace a command belongs."""

from __future__ import annotations

import time
from typing import Any

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shared.observability import tracing
from shared.observability.metrics import HTTP_REQUESTS, HTTP_SECONDS

_OPERATORS = frozenset({"/livez", "/readyz", "/metrics"})


def measure_requests(app: ASGIApp) -> ASGIApp:
    """Middleware: count each response of a route and how long it took to begin."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        route: Any = scope.get("path_template")
        if scope["type"] != ScopeType.HTTP or not route or route in _OPERATORS:
            await app(scope, receive, send)
            return
        started = time.perf_counter()
        method = str(scope["method"])

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                HTTP_REQUESTS.labels(method, route, str(message["status"])).inc()
                HTTP_SECONDS.labels(method, route).observe(time.perf_counter() - started)
            await send(message)

        await app(scope, receive, note)

    return measured


def trace_commands(app: ASGIApp) -> ASGIApp:
    """Middleware: a request that may write goes on with its `traceparent`, or begins one. Reads cause no events."""

    async def traced(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] in ("GET", "HEAD"):
            await app(scope, receive, send)
            return
        method, route = str(scope["method"]), str(scope.get("path_template"))
        traceparent = tracing.begun(Headers.from_scope(scope).get(tracing.TRACEPARENT))
        with (
            tracing.bound(traceparent),
            tracing.span(f"{method} {route}", "server", http_request_method=method, http_route=route) as span,
        ):

            async def note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.note("http.response.status_code", message["status"])
                await send(message)

            await app(scope, receive, note)

    return traced
