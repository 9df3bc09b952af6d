"""What a client searches: the body of POST /api/jobs and POST /api/estimate, cleaned."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec

from contracts.jobs import EstimateBody, ScrapBody, ScrapMode, ValidationIssue
from services.gateway.body import decoded
from shared.api.errors import ValidationFailed, issue

MAX_QUERIES = 20
MAX_ZONES = 50
MAX_LENGTH = 200
MAX_BODY_BYTES = 1024 * 1024
"""Ten times the largest search, written with an escape for every character."""

EXTRA_COLUMNS = ("gps", "departement", "region")
"""In the order of their columns."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search as it is done and shown: trimmed, without blanks and repetitions."""

    queries: list[str]
    zones: list[str]
    include_reviews: bool
    extra_columns: list[str]
    country: str
    stop_at: int | None
    scrap_mode: ScrapMode

    @property
    def params(self) -> dict[str, Any]:
        """What the job's events keep of it."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if name != "country"}

    @property
    def wishes(self) -> list[str]:
        """What it asks for beside the columns that every search has; see `Column.when`."""
        return [*self.extra_columns, *(["include_reviews"] if self.include_reviews else [])]


class _NewSearch(ScrapBody, frozen=True, kw_only=True):
    type: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_NEW = msgspec.json.Decoder(_NewSearch)
_ESTIMATE = msgspec.json.Decoder(EstimateBody)


def read_new_search(payload: bytes) -> Search:
    """The search of a new job. Raises ValidationFailed, also where nothing is left of the queries or the zones."""
    body = decoded(_NEW, payload)
    search, issues = _clean(body)
    if body.type is not msgspec.UNSET:
        issues.append(issue("Not supported here: other jobs are created at POST /api/jobs/{type}.", "body", "type"))
    issues += [
        issue(f"At least one of the {name} must not be blank.", "body", name)
        for name, texts in (("queries", search.queries), ("zones", search.zones))
        if not texts
    ]
    if issues:
        raise ValidationFailed(issues)
    return search


def read_estimate(payload: bytes) -> Search:
    """The search to be estimated: it may have no queries and no zones yet. Raises ValidationFailed."""
    search, issues = _clean(decoded(_ESTIMATE, payload))
    if issues:
        raise ValidationFailed(issues)
    return search


def _clean(body: ScrapBody) -> tuple[Search, list[ValidationIssue]]:
    issues: list[ValidationIssue] = []
    search = Search(
        queries=_texts(body.queries, "queries", MAX_QUERIES, issues),
        zones=_texts(body.zones, "zones", MAX_ZONES, issues),
        include_reviews=body.include_reviews,
        extra_columns=[name for name in EXTRA_COLUMNS if name in body.extra_columns],
        country=body.country,
        stop_at=body.stop_at,
        scrap_mode=body.scrap_mode,
    )
    return search, issues


def _texts(given: Iterable[str], field: str, most: int, issues: list[ValidationIssue]) -> list[str]:
    """Trimmed, no blank ones, none twice whatever its capitals; the first spelling stays."""
    kept: dict[str, str] = {}
    for index, text in enumerate(map(str.strip, given)):
        if len(text) > MAX_LENGTH:
            issues.append(issue(f"At most {MAX_LENGTH} characters, not {len(text)}.", "body", field, index))
        elif any(unicodedata.category(character) == "Cc" for character in text):
            issues.append(issue("No control characters.", "body", field, index))
        elif text:
            kept.setdefault(text.casefold(), text)
        if len(issues) >= most:
            break
    if len(kept) > most:
        issues.append(issue(f"At most {most}, not {len(kept)}.", "body", field))
    return list(kept.values())
