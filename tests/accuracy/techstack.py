"""techstack and Wappalyzer on the same pages of real software.

Run: python -m tests.accuracy.techstack [--write]. With --write the section of docs/accuracy.md is made anew.
Exits with 1 when a difference has no explanation. The last line is `RESULT accuracy-techstack <recall> recall`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.accuracy.detectors import ours, peer_vocabulary, peers
from tests.accuracy.explanations import Who, differences, explanation_of
from tests.accuracy.names import known_to_us
from tests.accuracy.pages import saved, sites
from tests.accuracy.tally import Tally, tally

DOC = Path(__file__).parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- techstack: begin, made by make accuracy -->\n", "<!-- techstack: end -->\n"
WHO: dict[Who, str] = {"ours": "techstack", "peer": "wappalyzer"}


def truth() -> dict[str, set[str]]:
    """What is there, by page."""
    return {name: set(sites()[name].there) for name in saved()}


def our_tally() -> Tally:
    """Ours against the truth; needs no peer."""
    return tally({name: ours(page) for name, page in saved().items()}, truth())


def row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head: list[str], rows: Iterable[Iterable[object]]) -> list[str]:
    return [row(head), row(["---"] * len(head)), *map(row, rows), ""]


def figures(one: Tally) -> list[object]:
    counts = [len(one.right), len(one.wrong), len(one.missed)]
    return [*counts, f"{one.precision:.1%}", f"{one.recall:.1%}"]


def headline(tallies: dict[Who, Tally], vocabularies: dict[Who, set[str]]) -> list[str]:
    """Over everything, over what each knows, and over what both know."""
    both = vocabularies["ours"] & vocabularies["peer"]
    rows: list[list[object]] = []
    for who, counted in tallies.items():
        rows.append([WHO[who], "everything there", *figures(counted)])
        rows.append([WHO[who], "what it has a rule for", *figures(counted.among(vocabularies[who]))])
        rows.append([WHO[who], "what both have a rule for", *figures(counted.among(both))])
    return table(["detector", "counted over", "right", "wrong", "missed", "precision", "recall"], rows)


def by_class(tallies: dict[Who, Tally]) -> list[str]:
    rows: list[list[object]] = []
    for kind in dict.fromkeys(sites()[name].kind for name in saved()):
        pages = [name for name in saved() if sites()[name].kind == kind]
        rows += [[kind, len(pages), WHO[who], *figures(counted.of(pages))] for who, counted in tallies.items()]
    return table(["pages", "of them", "detector", "right", "wrong", "missed", "precision", "recall"], rows)


def explained(tallies: dict[Who, Tally]) -> tuple[list[str], int]:
    """Every difference with its reason, one line a technology; and how many have none."""
    lines: dict[tuple[str, str, str, str], list[str]] = {}
    unexplained = 0
    for who, counted in tallies.items():
        for difference in differences(who, counted):
            reason = explanation_of(difference)
            unexplained += reason is None
            key = (WHO[who], difference[1], difference[3], reason.why if reason else "**not explained**")
            lines.setdefault(key, []).append(difference[2])
    rows = [[who, kind, name, ", ".join(pages), why] for (who, kind, name, why), pages in lines.items()]
    return table(["detector", "", "technology", "pages", "why"], rows), unexplained


def software() -> list[str]:
    rows = [[name, sites()[name].kind, ", ".join(page.software)] for name, page in saved().items()]
    return table(["page", "class", "served by"], rows)


def main(write: bool) -> int:
    found = peers(saved())
    tallies: dict[Who, Tally] = {"ours": our_tally(), "peer": tally(found, truth())}
    named = {name for names in (*truth().values(), *found.values()) for name in names}
    named |= {name for _, name in tallies["ours"].wrong}
    vocabularies: dict[Who, set[str]] = {
        "ours": {name for name in named if known_to_us(name)},
        "peer": named & peer_vocabulary(),
    }
    differing, unexplained = explained(tallies)
    unknown = {name for names in truth().values() for name in names} - vocabularies["ours"] - vocabularies["peer"]
    only = {who: sorted(vocabularies[who] - vocabularies[other], key=str.lower) for who, other in _OTHER.items()}
    text = [f"{len(saved())} pages, {sum(map(len, truth().values()))} technologies on them.", ""]
    text += headline(tallies, vocabularies) + by_class(tallies)
    text += [f"Of what is on these pages only techstack knows: {', '.join(only['ours'])}.", ""]
    text += [f"Only Wappalyzer knows: {', '.join(only['peer'])}.", ""]
    text += [f"Neither knows: {', '.join(sorted(unknown, key=str.lower))}.", ""]
    text += ["### Every difference", "", *differing, "### The pages", "", *software()]
    print("\n".join(text))
    if write:
        before, rest = DOC.read_text("utf-8").split(BEGIN)
        DOC.write_text(before + BEGIN + "\n" + "\n".join(text) + "\n" + END + rest.split(END)[1], "utf-8")
    print(f"{unexplained} differences without an explanation")
    print(f"RESULT accuracy-techstack {tallies['ours'].recall:.3f} recall")
    return int(unexplained > 0)


_OTHER: dict[Who, Who] = {"ours": "peer", "peer": "ours"}

if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
