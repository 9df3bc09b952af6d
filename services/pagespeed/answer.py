"""An answer of PageSpeed Insights v5, or of a Lighthouse of one's own in its form, read into a measurement.

https://developers.google.com/speed/docs/insights/v5/reference/pagespeedapi/runpagespeed. Pure.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from services.pagespeed.failures import page_failure
from services.pagespeed.measurement import Measurement
from services.pagespeed.result import LighthouseResult, number
from services.pagespeed.suggestions import suggestions
from shared.modulekit.errors import Permanent


class _FieldMetric(msgspec.Struct, frozen=True):
    percentile: Any = None


class _Experience(msgspec.Struct, frozen=True):
    metrics: dict[str, _FieldMetric] | None = None


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    lighthouse_result: LighthouseResult
    loading_experience: _Experience | None = None
    origin_loading_experience: _Experience | None = None


def read(answer: Any) -> Measurement:
    """The measurement in a JSON answer. Raises Unreachable, NotMeasured, or Permanent for what is no such answer."""
    try:
        told = msgspec.convert(answer, _Answer)
    except msgspec.ValidationError:
        raise Permanent("unexpected_answer", "PageSpeed answered in a form that is not its own.") from None
    result = told.lighthouse_result
    if (error := result.runtime_error) is not None and error.code not in ("", "NO_ERROR"):
        raise page_failure(error.code, error.message)
    shift = number(_value(result, "cumulative-layout-shift"))
    return Measurement(
        performance=_score(result, "performance"),
        accessibility=_score(result, "accessibility"),
        best_practices=_score(result, "best-practices"),
        seo=_score(result, "seo"),
        fcp_ms=_whole(_value(result, "first-contentful-paint")),
        lcp_ms=_whole(_value(result, "largest-contentful-paint")),
        tbt_ms=_whole(_value(result, "total-blocking-time")),
        cls=round(shift, 3) if shift is not None else None,
        inp_ms=_interaction(told),
        suggestions=suggestions(result.categories, result.audits) if _is_marked(result) else None,
    )


def _score(result: LighthouseResult, category: str) -> int | None:
    """0-1 as 0-100. Null is a mark that could not be given, which is not 0."""
    value = number(result.categories[category].score) if category in result.categories else None
    return math.floor(value * 100 + 0.5) if value is not None and value <= 1 else None


def _is_marked(result: LighthouseResult) -> bool:
    return any(number(audit.score) is not None for audit in result.audits.values())


def _value(result: LighthouseResult, audit: str) -> Any:
    return result.audits[audit].numeric_value if audit in result.audits else None


def _whole(value: Any) -> int | None:
    measured = number(value)
    return math.floor(measured + 0.5) if measured is not None else None


def _interaction(told: _Answer) -> int | None:
    """The 75th percentile of real visits to the page; where there are too few of them, to its site.

    Of the field's metrics this one alone is read: `cls` and the times are the laboratory's, and the field writes a
    layout shift of 0.12 as 12.
    """
    for experience in (told.loading_experience, told.origin_loading_experience):
        metric = (experience.metrics or {}).get("INTERACTION_TO_NEXT_PAINT") if experience is not None else None
        if metric is not None and (milliseconds := _whole(metric.percentile)) is not None:
            return milliseconds
    return None
