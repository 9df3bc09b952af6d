"""Trace contexts of strangers, and where they reach."""

import re

import pytest
import structlog

from shared.observability import tracing

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"01-{TRACE}-{SPAN}-01more",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
    ],
)
def test_what_is_no_traceparent_is_none(text):
    assert tracing.accepted(text) == ""
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", tracing.begun(text))


@pytest.mark.parametrize(
    "text", [f"00-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01", f"01-{TRACE}-{SPAN}-01-what-the-future-holds"]
)
def test_a_traceparent_goes_on_as_version_0(text):
    assert tracing.accepted(text) == tracing.begun(text) == f"00-{TRACE}-{SPAN}-01"


def test_two_requests_are_two_traces():
    assert tracing.begun(None)[3:35] != tracing.begun(None)[3:35]


def test_a_trace_is_bound_within_its_block_and_a_span_changes_nothing_without_exporter():
    with tracing.bound(f"00-{TRACE}-{SPAN}-01"), tracing.span("item", job_id="j_1") as span:
        span.note("a", 1)
        span.fail("dns")
        assert tracing.current() == f"00-{TRACE}-{SPAN}-01"
        assert structlog.contextvars.get_contextvars()["trace_id"] == TRACE
        with tracing.bound(""):
            assert tracing.current() == f"00-{TRACE}-{SPAN}-01"
    assert tracing.current() == ""
    assert "trace_id" not in structlog.contextvars.get_contextvars()
