"""Which request a piece of work goes back to: a W3C trace context that travels from the POST to the results.

The context is text, a `traceparent` (https://www.w3.org/TR/trace-context/): it comes with the request or begins here,
goes on in the NATS headers of the job's messages, and log lines carry its `trace_id`. Spans are made and exported only
where OTEL_EXPORTER_OTLP_ENDPOINT is set and the extra `tracing` is installed; otherwise a span is the block within it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

import structlog

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

logger = structlog.get_logger(__name__)

TRACEPARENT: Final = "traceparent"
"""The header's name, over HTTP and over NATS."""

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_LENGTH = 55
_LAST_WORDS = 3.0
"""Seconds a process that leaves waits for its spans to be sent; orchestrators wait for it."""

_current: ContextVar[str] = ContextVar("traceparent", default="")
_tracer: trace.Tracer | None = None


def accepted(text: str | None) -> str:
    """A valid traceparent as version 00, of anybody's header; empty for everything else.

    Later versions begin like this one and may go on behind another dash.
    """
    if text is None or _FORM.match(text) is None:
        return ""
    if len(text) > _LENGTH and (text[:2] == "00" or text[_LENGTH] != "-"):
        return ""
    return f"00{text[2:_LENGTH]}"


def begun(text: str | None) -> str:
    """The valid traceparent of a request; else a new one, unless the exporter's first span is about to begin it."""
    return accepted(text) or ("" if _tracer else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00")


def current() -> str:
    """The traceparent that what is written now belongs to; empty: to none."""
    return _current.get()


def bind(traceparent: str) -> None:
    """As `bound`, to the end of the task; the quick form for a task of its own."""
    if traceparent:
        _current.set(traceparent)
        structlog.contextvars.bind_contextvars(trace_id=traceparent[3:35])


@contextlib.contextmanager
def bound(traceparent: str) -> Iterator[None]:
    """Within the block, messages carry this valid traceparent and log lines its `trace_id`; nothing if it is empty."""
    if not traceparent:
        yield
        return
    token = _current.set(traceparent)
    try:
        with structlog.contextvars.bound_contextvars(trace_id=traceparent[3:35]):
            yield
    finally:
        _current.reset(token)


class Span:
    """What can be said of a span while it lasts; nobody listens unless an exporter runs."""

    def __init__(self, span: trace.Span | None = None) -> None:
        self._span = span

    def note(self, name: str, value: str | int) -> None:
        """An attribute."""
        if self._span is not None:
            self._span.set_attribute(name, value)

    def fail(self, code: str) -> None:
        """It ended in this error, which was raised to nobody."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_attribute("error.type", code)
            self._span.set_status(StatusCode.ERROR)


_SILENT = Span()


@contextlib.contextmanager
def span(name: str, kind: Literal["internal", "server", "consumer"] = "internal", **about: str | int) -> Iterator[Span]:
    """A span around the block, below the current one; within the block it is the current one.

    `about` are its attributes, `_` standing for `.`.
    """
    if _tracer is None:
        yield _SILENT
        return
    from opentelemetry.trace import SpanKind

    with (
        _tracer.start_as_current_span(name, _parent(current()), SpanKind[kind.upper()], _attributes(about)) as made,
        bound(_traceparent(made)),
    ):
        yield Span(made)


def record(name: str, traceparent: str, *, start: str, end: str, **about: str | int) -> None:
    """A span that is over, from and to a time (RFC 3339). For what outlives the process that began it."""
    if _tracer is not None and traceparent:
        began, attributes = _nanoseconds(start), _attributes(about)
        _tracer.start_span(name, _parent(traceparent), attributes=attributes, start_time=began).end(_nanoseconds(end))


@contextlib.contextmanager
def exporting(service: str) -> Iterator[None]:
    """For the life of a process. Endpoint, sampler and all else are OpenTelemetry's own OTEL_* variables.

    What waits at the end is sent then, unless the collector is away.
    """
    global _tracer  # noqa: PLW0603 - one exporter a process, as logs and metrics
    provider = _provider(service)
    if provider is None:
        yield
        return
    _tracer = provider.get_tracer("outsend")
    try:
        yield
    finally:
        _tracer = None
        # In a thread, because it waits half a minute for a collector that does not answer.
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(_LAST_WORDS)


def _provider(service: str) -> TracerProvider | None:
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        logger.warning("traces_not_exported", reason="OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `tracing`")
        return None
    name = os.environ.get("OTEL_SERVICE_NAME") or f"outsend-{service}"
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _parent(traceparent: str) -> Context:
    from opentelemetry import trace
    from opentelemetry.context import Context

    if not traceparent:
        return Context()
    _, trace_id, span_id, flags = traceparent.split("-")
    sampled = trace.TraceFlags(int(flags, 16))
    parent = trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=sampled)
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())


def _traceparent(made: trace.Span) -> str:
    about = made.get_span_context()
    return f"00-{about.trace_id:032x}-{about.span_id:016x}-{about.trace_flags:02x}"


def _attributes(about: dict[str, str | int]) -> dict[str, str | int]:
    return {name.replace("_", "."): value for name, value in about.items()}


def _nanoseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1_000_000_000)
