"""Both detectors on generated pages, whose truth is what was put in, and on pages that only speak of technologies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from tests.accuracy.corpus import KnownPage, generated_pages, lookalike_pages, merged
from tests.accuracy.detectors import ours, peers
from tests.accuracy.explanations import Kind
from tests.accuracy.names import canonical
from tests.accuracy.pages import SavedPage
from tests.accuracy.peer_answers import store, stored, unanswered
from tests.accuracy.report import WHO, Section, Tallies, by_group, explained, headline, vocabularies, who_knows
from tests.accuracy.tally import tally


def asked_pages() -> dict[str, SavedPage]:
    """Everything that the peer is asked about."""
    return {name: one.page for name, one in (generated_pages() | lookalike_pages()).items()}


def ask_peer(*, everything: bool) -> None:
    """Have an answer of the peer for every page: those missing or outdated, or all anew."""
    pages = asked_pages()
    asked = pages if everything else unanswered(pages)
    if asked:
        store(pages, peers(asked))


@cache
def generated_tallies() -> Tallies:
    """On generated pages; the peer's from its stored answers."""
    return _tallies(generated_pages())


@cache
def lookalike_tallies() -> Tallies:
    """On the look-alikes."""
    return _tallies(lookalike_pages())


def _tallies(pages: Mapping[str, KnownPage]) -> Tallies:
    answers = stored()
    there = {name: one.there for name, one in pages.items()}
    found = {name: merged(ours(one.page)) for name, one in pages.items()}
    theirs = {name: merged(map(canonical, answers[name].found)) for name in pages}
    return {"ours": tally(found, there), "peer": tally(theirs, there)}


def corpus_section(peer_knows: set[str]) -> Section:
    """The second part of the report."""
    generated, speaking = generated_pages(), lookalike_pages()
    holding = Counter(name for one in generated.values() for name in one.there)
    groups: dict[str, list[str]] = {}
    for name, one in generated.items():
        groups.setdefault(one.group, []).append(name)

    def count(kind: Kind, technology: str, pages: list[str]) -> str:
        return f"{len(pages)} of {holding[technology]}" if kind == "missed" else str(len(pages))

    tallies, lookalikes = generated_tallies(), lookalike_tallies()
    known = vocabularies(tallies, peer_knows)
    differing, unexplained = explained(tallies, "corpus", count)
    mistaken, unexplained_too = explained(lookalikes, "lookalikes", lambda _kind, _name, pages: "; ".join(pages))
    lines = [f"{len(generated)} generated pages, {sum(holding.values())} technologies on them.", ""]
    lines += headline(tallies, known) + by_group(tallies, groups, "pages") + who_knows(known, set(holding))
    lines += [f"{len(speaking)} look-alike pages, {sum(len(one.there) for one in speaking.values())} technologies.", ""]
    lines += by_group(lookalikes, {"look-alikes": list(speaking)}, "pages")
    fooled = {WHO[who]: len({name for name, _ in counted.wrong}) for who, counted in lookalikes.items()}
    lines += [f"Pages with a false name: {', '.join(f'{who} {number}' for who, number in fooled.items())}.", ""]
    lines += ["#### Every difference on generated pages", "", *differing]
    lines += ["#### Every difference on look-alikes", "", *mistaken]
    return Section("corpus", lines, unexplained + unexplained_too)
