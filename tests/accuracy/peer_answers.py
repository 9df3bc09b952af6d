"""The peer's answers on generated pages, stored: it takes minutes for what ours does in a second.

peer_answers.tsv has one line a page: its name, a hash of what was asked, what the peer found (its own names), by tabs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.accuracy.pages import SavedPage

_FILE = Path(__file__).parent / "peer_answers.tsv"


class Answer(msgspec.Struct, frozen=True):
    asked: str
    """What `fingerprint` said of the page."""
    found: tuple[str, ...]
    """The peer's names, sorted."""


def fingerprint(page: SavedPage) -> str:
    """Of everything that a detector is given: address, status, headers and body."""
    head = msgspec.json.encode([page.url, page.status, page.headers])
    return hashlib.sha256(head + page.body).hexdigest()[:16]


def stored() -> dict[str, Answer]:
    """All stored answers by page; none when there is no file yet."""
    lines = _FILE.read_text("utf-8").splitlines() if _FILE.exists() else []
    rows = [line.split("\t") for line in lines]
    return {name: Answer(asked, tuple(found)) for name, asked, *found in rows}


def unanswered(pages: Mapping[str, SavedPage]) -> dict[str, SavedPage]:
    """Those without an answer, or changed since."""
    known = stored()
    return {name: page for name, page in pages.items() if name not in known or known[name].asked != fingerprint(page)}


def store(pages: Mapping[str, SavedPage], found: Mapping[str, set[str]]) -> None:
    """Keep the new answers, beside the old ones of other pages of the set; pages that are no more fall out."""
    known = stored()
    known |= {name: Answer(fingerprint(pages[name]), tuple(sorted(names))) for name, names in found.items()}
    lines = ["\t".join([name, known[name].asked, *known[name].found]) for name in pages if name in known]
    _FILE.write_text("\n".join([*lines, ""]), "utf-8")
