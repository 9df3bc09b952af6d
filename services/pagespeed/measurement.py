"""What one measurement of a page came to, and the columns that two of them make."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Strategy = Literal["mobile", "desktop"]


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One page under one strategy. Scores 0-100, times in whole milliseconds; None: not measured."""

    performance: int | None = None
    accessibility: int | None = None
    best_practices: int | None = None
    seo: int | None = None
    fcp_ms: int | None = None
    lcp_ms: int | None = None
    tbt_ms: int | None = None
    cls: float | None = None
    inp_ms: int | None = None
    """Of real visitors (CrUX): a laboratory has nobody who clicks."""
    suggestions: list[str] | None = None
    """Titles of what failed, what would win most first; empty: nothing did."""


_NONE = Measurement()


def columns(mobile: Measurement | None, desktop: Measurement | None) -> dict[str, Any]:
    """The produced columns. Pure. All but `perf_score_desktop` are of the page as a phone loads it."""
    phone = mobile or _NONE
    return {
        "perf_score_mobile": phone.performance,
        "perf_score_desktop": (desktop or _NONE).performance,
        "lcp_ms": phone.lcp_ms,
        "cls": phone.cls,
        "accessibility_score": phone.accessibility,
        "seo_score": phone.seo,
        "suggestions": phone.suggestions,
        "best_practices_score": phone.best_practices,
        "fcp_ms": phone.fcp_ms,
        "tbt_ms": phone.tbt_ms,
        "inp_ms": phone.inp_ms,
    }
