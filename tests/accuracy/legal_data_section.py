"""How often legal_data names the right company, on its golden cases: a lead, what the register answers, who it is.

Run: python -m tests.accuracy.legal_data_section [--write]. `make accuracy` prints the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec

from tests.accuracy.report import Section, table
from tests.golden.register_cases import RegisterCase, load, outcome

_HEAD = [
    "leads",
    "cases",
    "of them traps",
    "named rightly",
    "named wrongly",
    "missed",
    "refused rightly",
    "precision",
    "recall",
]
_REFUSALS = ("not_found", "ambiguous")


class Scored(msgspec.Struct, frozen=True):
    """Counts of cases. A refusal for another reason than the expected one is right: nobody is named."""

    name: str
    cases: int
    traps: int
    right: int
    wrong: int
    """A company that it is not."""
    missed: int
    """A company is there, and none was named."""
    refused: int

    def row(self) -> list[object]:
        """As the table has it."""
        named = self.right + self.wrong
        precision = f"{self.right / named:.1%}" if named else "–"
        there = self.right + self.missed
        recall = f"{self.right / there:.1%}" if there else "–"
        counts = [self.cases, self.traps, self.right, self.wrong, self.missed, self.refused]
        return [self.name, *counts, precision, recall]


def scored() -> list[Scored]:
    """Family by family, then those written after the rules were frozen, then all."""
    cases = load()
    before = [case for case in cases if not case.written_after]
    families = sorted({case.family for case in before})
    return [
        *(_score(family, [case for case in before if case.family == family]) for family in families),
        _score("**all these**", before),
        _score("**written after the rules**", [case for case in cases if case.written_after]),
    ]


def legal_data_section() -> Section:
    """The part of the report on matching."""
    return Section("legal_data", table(_HEAD, (one.row() for one in scored())), 0)


def _score(name: str, cases: Sequence[RegisterCase]) -> Scored:
    pairs = [(case.expect, outcome(case)[0]) for case in cases]
    named = [(expected, found) for expected, found in pairs if found not in _REFUSALS]
    return Scored(
        name=name,
        cases=len(cases),
        traps=sum(case.trap for case in cases),
        right=sum(expected == found for expected, found in named),
        wrong=sum(expected != found for expected, found in named),
        missed=sum(expected not in _REFUSALS and found in _REFUSALS for expected, found in pairs),
        refused=sum(expected in _REFUSALS and found in _REFUSALS for expected, found in pairs),
    )


def main(*, write: bool) -> None:
    section = legal_data_section()
    print("\n".join(section.lines))
    if write:
        section.write()


if __name__ == "__main__":
    main(write="--write" in sys.argv[1:])
