"""Both detectors on the saved pages of real software."""

from __future__ import annotations

from tests.accuracy.detectors import ours, peers
from tests.accuracy.names import canonical
from tests.accuracy.pages import saved, sites
from tests.accuracy.report import Section, Tallies, by_group, explained, headline, table, vocabularies, who_knows
from tests.accuracy.tally import Tally, tally


def truth() -> dict[str, set[str]]:
    """What is there, by page."""
    return {name: set(sites()[name].there) for name in saved()}


def our_tally() -> Tally:
    """Ours against the truth; needs no peer."""
    return tally({name: ours(page) for name, page in saved().items()}, truth())


def peer_tally() -> Tally:
    """The peer's against the truth; asks it."""
    found = {name: {canonical(one) for one in names} for name, names in peers(saved()).items()}
    return tally(found, truth())


def software() -> list[str]:
    rows = [[name, sites()[name].kind, ", ".join(page.software)] for name, page in saved().items()]
    return table(["page", "class", "served by"], rows)


def real_section(peer_knows: set[str]) -> Section:
    """The first part of the report."""
    tallies: Tallies = {"ours": our_tally(), "peer": peer_tally()}
    known = vocabularies(tallies, peer_knows)
    groups: dict[str, list[str]] = {}
    for name in saved():
        groups.setdefault(sites()[name].kind, []).append(name)
    differing, unexplained = explained(tallies, "real", lambda _kind, _name, pages: ", ".join(pages))
    there = {name for names in truth().values() for name in names}
    lines = [f"{len(saved())} pages, {sum(map(len, truth().values()))} technologies on them.", ""]
    lines += headline(tallies, known) + by_group(tallies, groups, "pages") + who_knows(known, there)
    lines += ["#### Every difference", "", *differing, "#### The pages", "", *software()]
    return Section("techstack", lines, unexplained)
