"""The result object of Lighthouse, as far as it is read.

https://github.com/GoogleChrome/lighthouse/blob/main/docs/understanding-results.md
"""

from __future__ import annotations

import math
from typing import Any

import msgspec


class AuditRef(msgspec.Struct, frozen=True):
    """An audit's place in a category."""

    id: str
    weight: float = 0.0
    group: str | None = None
    acronym: str | None = None
    """Of a metric, e.g. LCP; what `metricSavings` of other audits go by."""


class Category(msgspec.Struct, frozen=True, rename="camel"):
    """One of the four marks."""

    score: Any = None
    audit_refs: list[AuditRef] = []


class Audit(msgspec.Struct, frozen=True, rename="camel"):
    """One thing looked at. Values as they came: read them with `number`."""

    title: Any = None
    score: Any = None
    score_display_mode: Any = None
    numeric_value: Any = None
    metric_savings: dict[str, Any] | None = None


class RuntimeFailure(msgspec.Struct, frozen=True):
    """Why the page as a whole could not be measured."""

    code: str = ""
    message: str = ""


class LighthouseResult(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a result that is read."""

    categories: dict[str, Category] = {}
    audits: dict[str, Audit] = {}
    runtime_error: RuntimeFailure | None = None


def number(value: Any) -> float | None:
    """A finite number that is not negative; None for anything else, null and booleans among it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
