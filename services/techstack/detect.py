"""The pure heart: a page in, its technologies, the row's columns and the full report out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from services.techstack.columns import flat_columns
from services.techstack.container import LOADED_BY_TAGS, container_evidence
from services.techstack.engine import Matcher, default_matcher
from services.techstack.evidence import Detection, Hit, PageEvidence
from services.techstack.report import Report, build_report
from services.techstack.resolve import resolve
from shared.net.response import Response
from shared.web.page import Page
from shared.web.tag_container import container_ids

_TEMPLATES = re.compile(r".*(?:template|handlebars|tmpl).*|text/html", re.IGNORECASE | re.DOTALL)
"""Types of script elements."""


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
        inline_scripts=_inline_scripts(page),
        html=page.html,
        parse=lambda: page.tree,
        read=lambda: page.text,
    )


def _inline_scripts(page: Page) -> list[str]:
    """Those that are scripts: templates of markup only use the element to be left alone. `text/plain` stays,
    for so consent banners hold back what they will run."""
    scripts = page.elements.get("script", ())
    templates = {node.text() for node in scripts if _TEMPLATES.fullmatch(node.attributes.get("type") or "")}
    return [text for text in page.inline_scripts if text not in templates]


class Look(msgspec.Struct, frozen=True):
    """What one page shows, and where to look on."""

    page: Page
    hits: tuple[Hit, ...]
    complete: bool
    containers: tuple[str, ...]
    """Ids of the Google Tag Manager containers it loads."""


def look_at(page: Page, matcher: Matcher) -> Look:
    """Match one page. CPU-bound and thread-safe: call it in a thread."""
    matches = matcher.match(evidence_of(page))
    found = "gtm" in {hit.slug for hit in matches.hits}
    return Look(page, matches.hits, matches.complete, tuple(container_ids(page)) if found else ())


def conclude(
    look: Look, matcher: Matcher, response: Response | None = None, scripts: Sequence[str] = ()
) -> tuple[dict[str, str | None], Report]:
    """The row's columns and the report. `scripts` are the containers' texts as far as they could be had;
    without `response` the report does not know the connection (HTTP version, TLS, time, redirects)."""
    hits, complete = list(look.hits), look.complete
    read = 0
    for container in filter(None, map(container_evidence, scripts)):
        matches = matcher.match(container)
        hits += [msgspec.structs.replace(hit, via="gtm") for hit in matches.hits if _loaded_by_tags(hit, matcher)]
        complete = complete and matches.complete
        read += 1
    detections = resolve(hits, matcher.rules)
    report = build_report(look.page, response, detections, matcher.rules, complete=complete, containers=read)
    return flat_columns(detections), report


def _loaded_by_tags(hit: Hit, matcher: Matcher) -> bool:
    return not LOADED_BY_TAGS.isdisjoint(matcher.rules.technologies[hit.slug].categories)


def analyse(
    page: Page, response: Response | None = None, matcher: Matcher | None = None, scripts: Sequence[str] = ()
) -> tuple[dict[str, str | None], Report]:
    """Look and conclude in one, for whoever has everything already."""
    matcher = matcher or default_matcher()
    return conclude(look_at(page, matcher), matcher, response, scripts)
