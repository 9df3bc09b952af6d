"""What a page's owner should mend first: the audits that failed, by what mending them would win. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from services.pagespeed.result import Audit, AuditRef, Category, number

_MOST = 10
_LONGEST = 200
"""Characters of a title."""
_PASSED = 0.9
"""From here on Lighthouse's own report counts an audit as passed."""
_MARKED = frozenset({"binary", "numeric", "metricSavings"})
"""Modes whose score says whether something is wrong; the others inform, or could not be tried."""
_NO_ADVICE = frozenset({"metrics", "hidden"})
"""Groups of what is measured, and of what Lighthouse keeps from its own report: forerunners of other audits."""


def suggestions(categories: Mapping[str, Category], audits: Mapping[str, Audit]) -> list[str]:
    """Titles of failed audits in the language they came in, at most 10; each once, though two categories may count it.

    They are in the order of their gain: the share of its category's mark that an audit holds back, or, where it has no
    weight of its own (performance), of the metrics that it would better.
    """
    gains: dict[str, float] = defaultdict(float)
    for category in categories.values():
        total = sum(max(ref.weight, 0.0) for ref in category.audit_refs if _counts(audits.get(ref.id))) or 1.0
        metrics = {ref.acronym: ref for ref in category.audit_refs if ref.acronym}
        for ref in category.audit_refs:
            audit = audits.get(ref.id)
            if audit is not None and ref.group not in _NO_ADVICE and _failed(audit):
                lost = ref.weight * (1 - (number(audit.score) or 0.0))
                gains[ref.id] += (lost + _saved(audit, metrics, audits)) / total
    titles = (_title(audits[name]) for name in sorted(gains, key=gains.__getitem__, reverse=True))
    return list(dict.fromkeys(title for title in titles if title))[:_MOST]


def _counts(audit: Audit | None) -> bool:
    return audit is not None and number(audit.score) is not None


def _failed(audit: Audit) -> bool:
    score = number(audit.score)
    return audit.score_display_mode in _MARKED and score is not None and score < _PASSED


def _saved(audit: Audit, metrics: Mapping[str, AuditRef], audits: Mapping[str, Audit]) -> float:
    """Of the metrics' weights, what they have lost, by the share of each that this audit would save."""
    gain = 0.0
    for acronym, saving in (audit.metric_savings or {}).items():
        ref = metrics.get(acronym)
        metric = audits.get(ref.id) if ref is not None else None
        if ref is None or metric is None:
            continue
        score, value, saved = number(metric.score), number(metric.numeric_value), number(saving)
        if score is not None and value and saved:
            gain += ref.weight * max(0.0, 1 - score) * min(1.0, saved / value)
    return gain


def _title(audit: Audit) -> str:
    return " ".join(audit.title.split())[:_LONGEST] if isinstance(audit.title, str) else ""
