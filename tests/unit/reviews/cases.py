"""Golden cases: a site and the reviews of its place; a place that is asked about and what a search of it found."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from services.reviews.asked import Asked
from services.reviews.extract import extract
from tests.golden.cases import CasePage

GOLDEN = Path(__file__).parents[2] / "golden" / "reviews"
TOLD = ("reviewer_name", "rating", "date", "review_text", "owner_replied")
"""The columns a case names; the others are the place's."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One site; `rows` in order, values that are null left out. Of `ld`, `html` and `pages` it has one."""

    name: str
    nom: str = "Boulangerie Lemoine"
    borrowed: bool = False
    ld: str = ""
    """The text of a JSON-LD script."""
    html: str = ""
    pages: list[CasePage] = []
    rows: list[dict[str, Any]] = []
    trap: bool = False

    def found(self) -> list[dict[str, Any]]:
        """What the module finds, as `rows` has it."""
        html = self.html or f'<html lang="fr"><script type="application/ld+json">{self.ld}</script></html>'
        pages = [page.site_page() for page in self.pages or [CasePage(html=html)]]
        rows = extract(pages, Asked(nom=self.nom or None, borrowed_site=self.borrowed))
        return [{name: row[name] for name in TOLD if row[name] is not None} for row in rows]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]


@cache
def cases() -> tuple[Case, ...]:
    """By file name and then in the file's order."""
    files = [GOLDEN / "stated.toml", GOLDEN / "traps.toml"]
    return tuple(case for path in files for case in msgspec.toml.decode(path.read_bytes(), type=_File).case)


def score() -> tuple[int, int, int]:
    """Values found rightly, wrongly and missed over all cases; a value belongs to its review."""
    right = wrong = missed = 0
    for case in cases():
        expected, found = _values(case.rows), _values(case.found())
        right += (expected & found).total()
        wrong += (found - expected).total()
        missed += (expected - found).total()
    return right, wrong, missed


def _values(rows: list[dict[str, Any]]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (f"{row.get('reviewer_name')} {row.get('review_text')}", name, repr(value))
        for row in rows
        for name, value in row.items()
    )
