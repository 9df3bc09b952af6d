"""Every metric of every service by name, in one typed list; Prometheus scrapes them at /metrics."""

from __future__ import annotations

import time
from typing import Any, Literal, TypeAlias

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

MetricName: TypeAlias = Literal[
    # HTTP, by the route's template: never by the path, whose ids are without end.
    "outsend_http_requests_total",
    # Seconds until a response began; an event stream's life is not counted.
    "outsend_http_response_seconds",
    # Jobs accepted, by job_type.
    "outsend_jobs_requested_total",
    # Items accepted, by job_type.
    "outsend_items_accepted_total",
]


def _counter(name: MetricName, meaning: str, *labels: str) -> Counter:
    return Counter(name, meaning, labels)


def _histogram(name: MetricName, meaning: str, *labels: str) -> Histogram:
    return Histogram(name, meaning, labels, buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))


HTTP_REQUESTS = _counter("outsend_http_requests_total", "Responses by route and status", "method", "route", "status")
HTTP_SECONDS = _histogram("outsend_http_response_seconds", "Seconds until the response began", "method", "route")
JOBS_REQUESTED = _counter("outsend_jobs_requested_total", "Jobs accepted", "job_type")
ITEMS_ACCEPTED = _counter("outsend_items_accepted_total", "Items accepted", "job_type")

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
