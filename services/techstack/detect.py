"""The pure heart: a page's evidence in, technologies out."""

from __future__ import annotations

from services.techstack.engine import Matcher, default_matcher
from services.techstack.evidence import Detection, PageEvidence
from services.techstack.resolve import resolve


def detect(evidence: PageEvidence, matcher: Matcher | None = None) -> list[Detection]:
    """The technologies of one page, in the order of the rules. Deterministic and thread-safe; takes
    about a millisecond of CPU, the first call in a process also the time to compile the rules."""
    matcher = matcher or default_matcher()
    return resolve(matcher.match(evidence).hits, matcher.rules)
