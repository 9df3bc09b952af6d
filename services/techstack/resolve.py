"""From hits to technologies: confidence, versions, and what rules say about one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.techstack.evidence import Detection, Hit
from services.techstack.rules import RuleBook, Technology

REPORTED_FROM = 50
"""Percent. A technology only hinted at is not reported: a wrong name costs more than a missing one."""


def resolve(hits: Iterable[Hit], rules: RuleBook) -> list[Detection]:
    """The technologies, in the order of the rules.

    A technology counts when its hits add up to REPORTED_FROM, or when one that counts implies it. It
    falls when it requires others and none of them counts, or when one that counts excludes it; of two
    that exclude each other the surer stays, then the one whose rule comes first.
    """
    evidence: dict[str, list[Hit]] = {}
    for hit in hits:
        evidence.setdefault(hit.slug, []).append(hit)
    direct = {slug: min(100, sum(hit.confidence for hit in found)) for slug, found in evidence.items()}
    direct = {slug: confidence for slug, confidence in direct.items() if confidence >= REPORTED_FROM}
    confidence = _settle(direct, rules)
    found = {slug: rules.technologies[slug] for slug in sorted(confidence, key=rules.places.__getitem__)}
    implying: dict[str, list[str]] = {}
    for slug, technology in found.items():
        for implied in technology.implies:
            implying.setdefault(implied.slug, []).append(slug)
    return [
        Detection(
            slug=slug,
            name=technology.name,
            categories=technology.categories,
            version=_best_version(evidence.get(slug, ())),
            confidence=confidence[slug],
            implied_by=tuple(implying.get(slug, ())),
            evidence=tuple(evidence.get(slug, ())),
        )
        for slug, technology in found.items()
    ]


def _settle(direct: Mapping[str, int], rules: RuleBook) -> dict[str, int]:
    """Confidence by slug of all that stay. Each round removes something, so it ends."""
    known = rules.technologies
    removed: set[str] = set()
    while True:
        present = _with_implied(direct, known, removed)
        unmet = {slug for slug in present if not _required_is_there(known[slug], present, known)}
        losers = unmet or _first_excluded(present, rules)
        if not losers:
            return present
        removed |= losers


def _required_is_there(technology: Technology, present: Mapping[str, int], known: Mapping[str, Technology]) -> bool:
    if not technology.requires and not technology.requires_category:
        return True
    return not technology.requires.isdisjoint(present) or any(
        not technology.requires_category.isdisjoint(known[slug].categories)
        for slug in present
        if slug != technology.slug
    )


def _with_implied(direct: Mapping[str, int], known: Mapping[str, Technology], removed: set[str]) -> dict[str, int]:
    present = {slug: confidence for slug, confidence in direct.items() if slug not in removed}
    waiting = list(present)
    while waiting:
        slug = waiting.pop()
        for implied in known[slug].implies:
            confidence = min(present[slug], implied.confidence)
            known_better = present.get(implied.slug, 0) >= confidence
            if implied.slug not in removed and confidence >= REPORTED_FROM and not known_better:
                present[implied.slug] = confidence
                waiting.append(implied.slug)
    return present


def _first_excluded(present: Mapping[str, int], rules: RuleBook) -> set[str]:
    """What the surest technology that excludes anything excludes; empty when nothing is excluded."""
    known = rules.technologies
    excluding = [slug for slug in present if not known[slug].excludes.isdisjoint(present)]
    if not excluding:
        return set()
    surest = min(excluding, key=lambda slug: (-present[slug], rules.places[slug]))
    return set(known[surest].excludes & present.keys())


def _best_version(hits: Iterable[Hit]) -> str | None:
    """The most exact one; the first of equals."""
    versions = [hit.version for hit in hits if hit.version]
    return max(versions, key=lambda version: version.count("."), default=None)
