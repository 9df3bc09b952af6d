"""How right the modules beside techstack are on their golden cases. Needs no peer and takes seconds.

Run: python -m tests.accuracy.modules_section [--write]. `make accuracy` prints the same.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from contracts.manifest import load_manifests
from services.dead_check.judge import judge
from tests.accuracy.report import Section, table
from tests.golden import measured, pictured
from tests.golden.cases import load
from tests.golden.scoring import score, values
from tests.unit.dead_check.cases import cases as dead_check_cases
from tests.unit.reviews import cases as review_cases
from tests.unit.verify_emails.cases import cases as verify_emails_cases

READ_PAGES = ("emails", "socials", "phones_extra", "legal_ids", "legal_mentions", "pricing", "ads_intelligence")
"""Modules that are one function from pages to columns."""
_HEAD = ["module", "cases", "of them traps", "right", "wrong", "missed", "precision", "recall"]


class Scored(msgspec.Struct, frozen=True):
    """A module's golden cases and how it does on them, counted in values of columns."""

    slug: str
    cases: int
    traps: int
    right: int
    wrong: int
    missed: int

    def row(self) -> list[object]:
        """As the table has it."""
        precision = self.right / max(1, self.right + self.wrong)
        recall = self.right / max(1, self.right + self.missed)
        counts = [self.cases, self.traps, self.right, self.wrong, self.missed]
        return [self.slug, *counts, f"{precision:.1%}", f"{recall:.1%}"]


def scored() -> list[Scored]:
    """All of them. Must be called outside an event loop: brand_assets is run against a server."""
    return [*map(_page_reader, READ_PAGES), _dead_check(), _brand_assets(), _verify_emails(), _pagespeed(), _reviews()]


def modules_section() -> Section:
    """The part of the report on the modules beside techstack."""
    return Section("modules", table(_HEAD, (one.row() for one in scored())), 0)


def _page_reader(slug: str) -> Scored:
    cases = load(slug)
    return Scored(slug, len(cases), sum(case.trap or not case.columns for case in cases), *score(slug))


def _dead_check() -> Scored:
    pairs = [(case.columns, judge(case.look())) for case in dead_check_cases()]
    return _compared("dead_check", pairs, traps=sum(case.trap for case in dead_check_cases()))


def _brand_assets() -> Scored:
    with TemporaryDirectory(prefix="outsend-accuracy-") as folder:
        _, found = asyncio.run(pictured.outcomes(Path(folder)))
    pairs = [(pictured.expected(name), pictured.comparable(name, one)) for name, one in found.items()]
    return _compared("brand_assets", pairs, traps=sum(case["kind"] == "trap" for case in pictured.CASES.values()))


def _verify_emails() -> Scored:
    echo = {"email": None}  # given back, not found
    pairs = [(case.expected() | echo, case.found() | echo) for case in verify_emails_cases()]
    return _compared("verify_emails", pairs, traps=sum(case.trap for case in verify_emails_cases()))


def _pagespeed() -> Scored:
    outcomes = [(case, measured.outcome(case)) for case in measured.cases()]
    pairs = [
        ({} if case.error else case.expected(), found if isinstance(found, dict) else {}) for case, found in outcomes
    ]
    return _compared("pagespeed", pairs, traps=sum(case.trap for case, _ in outcomes))


def _reviews() -> Scored:
    cases = review_cases.cases()
    return Scored("reviews", len(cases), sum(case.trap for case in cases), *review_cases.score())


def _compared(slug: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]], *, traps: int) -> Scored:
    names = load_manifests()[slug].columns
    sets = [(values(expected, names), values(found, names)) for expected, found in pairs]
    right = sum(len(expected & found) for expected, found in sets)
    wrong = sum(len(found - expected) for expected, found in sets)
    missed = sum(len(expected - found) for expected, found in sets)
    return Scored(slug, len(pairs), traps, right, wrong, missed)


def main(*, write: bool) -> None:
    section = modules_section()
    print("\n".join(section.lines))
    if write:
        section.write()


if __name__ == "__main__":
    main(write="--write" in sys.argv[1:])
