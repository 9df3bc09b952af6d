"""The pure heart: a page in, its technologies, the row's columns and the full report out."""

from __future__ import annotations

from services.techstack.columns import flat_columns
from services.techstack.engine import Matcher, default_matcher
from services.techstack.evidence import Detection, PageEvidence
from services.techstack.report import Report, build_report
from services.techstack.resolve import resolve
from shared.net.response import Response
from shared.web.page import Page


def detect(evidence: PageEvidence, matcher: Matcher | None = None) -> list[Detection]:
    """The technologies of one page, in the order of the rules. Deterministic and thread-safe; takes
    about a millisecond of CPU, the first call in a process also the time to compile the rules."""
    matcher = matcher or default_matcher()
    return resolve(matcher.match(evidence).hits, matcher.rules)


def evidence_of(page: Page) -> PageEvidence:
    """What a page shows of the technologies behind it."""
    return PageEvidence(
        url=page.url,
        headers=page.headers,
        cookies=page.cookies,
        meta=page.meta,
        scripts=page.scripts,
        inline_scripts=page.inline_scripts,
        html=page.html,
        parse=lambda: page.tree,
    )


def analyse(
    page: Page, response: Response | None = None, matcher: Matcher | None = None
) -> tuple[dict[str, str | None], Report]:
    """Detect, and report. CPU-bound and thread-safe: call it in a thread. Without `response` the report
    does not know the connection (HTTP version, TLS, time, redirects)."""
    matcher = matcher or default_matcher()
    matches = matcher.match(evidence_of(page))
    detections = resolve(matches.hits, matcher.rules)
    report = build_report(page, response, detections, matcher.rules, complete=matches.complete)
    return flat_columns(detections), report
