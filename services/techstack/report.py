"""The full report of one site: technologies in three levels, business signals, technical metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from services.techstack.evidence import Detection, Hit
from services.techstack.rules import RuleBook
from services.techstack.schema import Label
from services.techstack.signals import Signal, business_signals
from shared.net.response import Response
from shared.web.page import Page

MAX_EVIDENCE = 5
"""Lines a technology; more would only repeat."""

MAX_TITLE = 300
"""Characters."""


class EvidenceLine(msgspec.Struct, frozen=True):
    """Third level: what matched where."""

    where: str
    """header, cookie, meta, url, script_url, inline_script, html, text, dom or gtm_tag."""
    name: str | None
    """Of the header, cookie or meta, or the selector."""
    matched: str
    version: str | None
    confidence: int
    """Percent."""
    via: Literal["gtm"] | None
    """`gtm`: not on the page itself but in a Google Tag Manager container that it loads."""


class TechnologyReport(msgspec.Struct, frozen=True):
    """Second level."""

    slug: str
    name: str
    website: str
    version: str | None
    confidence: int
    implied_by: tuple[str, ...]
    evidence: tuple[EvidenceLine, ...]


class CategoryReport(msgspec.Struct, frozen=True):
    """First level. A technology of two categories stands under both."""

    slug: str
    label: Label
    technologies: tuple[TechnologyReport, ...]


class TlsReport(msgspec.Struct, frozen=True):
    version: str
    issuer: str
    not_after: str
    """ISO 8601."""


class Technical(msgspec.Struct, frozen=True):
    """What the answer itself says. None where it is not known."""

    final_url: str
    status: int
    redirects: int | None
    server: str | None
    powered_by: str | None
    http_version: str | None
    tls: TlsReport | None
    response_ms: int | None
    page_bytes: int
    """The HTML document alone, decompressed."""
    scripts: int
    stylesheets: int
    title: str | None
    language: str | None
    gtm_containers: int
    """Google Tag Manager containers that were read."""
    complete: bool
    """False when the search for technologies ran out of time."""


class Report(msgspec.Struct, frozen=True):
    categories: tuple[CategoryReport, ...]
    signals: tuple[Signal, ...]
    technical: Technical


def build_report(
    page: Page,
    response: Response | None,
    detections: Sequence[Detection],
    rules: RuleBook,
    *,
    complete: bool,
    containers: int = 0,
) -> Report:
    """Put a site's findings in order. Categories come in the order of their file, empty ones not at all."""
    return Report(
        categories=tuple(_categories(detections, rules)),
        signals=tuple(business_signals(page, detections)),
        technical=_technical(page, response, complete=complete, containers=containers),
    )


def _categories(detections: Sequence[Detection], rules: RuleBook) -> list[CategoryReport]:
    grouped = {slug: [one for one in detections if slug in one.categories] for slug in rules.categories}
    return [
        CategoryReport(
            slug=slug,
            label=rules.categories[slug].label,
            technologies=tuple(_technology(one, rules) for one in found),
        )
        for slug, found in grouped.items()
        if found
    ]


def _technology(detection: Detection, rules: RuleBook) -> TechnologyReport:
    return TechnologyReport(
        slug=detection.slug,
        name=detection.name,
        website=rules.technologies[detection.slug].website,
        version=detection.version,
        confidence=detection.confidence,
        implied_by=detection.implied_by,
        evidence=tuple(_line(hit) for hit in detection.evidence[:MAX_EVIDENCE]),
    )


def _line(hit: Hit) -> EvidenceLine:
    return EvidenceLine(hit.where, hit.key or None, hit.matched, hit.version, hit.confidence, hit.via)


def _technical(page: Page, response: Response | None, *, complete: bool, containers: int) -> Technical:
    tls = response.tls if response else None
    return Technical(
        final_url=_encodable(page.url),
        status=page.status,
        redirects=len(response.redirects) if response else None,
        server=_first(page, "server"),
        powered_by=_first(page, "x-powered-by"),
        http_version=response.http_version if response else None,
        tls=TlsReport(tls.version, tls.issuer, tls.not_after) if tls else None,
        response_ms=response.elapsed_ms if response else None,
        page_bytes=len(response.body) if response else len(page.html.encode("utf-8", "replace")),
        scripts=len(page.scripts),
        stylesheets=len(page.stylesheets),
        title=_encodable(page.title[:MAX_TITLE]) if page.title else None,
        language=_encodable(page.language) if page.language else None,
        gtm_containers=containers,
        complete=complete,
    )


def _first(page: Page, header: str) -> str | None:
    return next((_encodable(value[:200]) for value in page.headers.get(header, ()) if value), None)


def _encodable(text: str) -> str:
    """Without lone surrogates, which a header or address may hold and no JSON document."""
    return text.encode("utf-8", "replace").decode()
