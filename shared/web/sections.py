"""Whose words are these? The publisher's, the host's, the agency's: one legal page has them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import ahocorasick_rs
import msgspec

from shared.web.folding import fold
from shared.web.heads import heads
from shared.web.outline import LABEL_LEVEL, Block, PlacedLink, Region

Owner = Literal["publisher", "host", "agency", "mediator", "authority", "director", "dpo", "unknown"]

FOREIGN: frozenset[Owner] = frozenset({"host", "agency", "mediator", "authority"})
"""Owners whose numbers and addresses are not the publisher's."""
_WORDS = Path(__file__).parent / "owners.toml"
_LEAD = re.compile(
    r"[\W\d_]*(?:(?:article|le|la|les|l'|du|the|our|informations? (?:sur|concernant|relatives? a)|ce|site|web"
    r"|internet|est)"
    r"[\W\d_]+)*"
)
"""What stands before the words: `3. Le site est …`."""
_ENDS_LABEL = re.compile(
    r"[\W_]*(?:(?:du|de ce|de|ce|et|le|la|site|internet|web|nom|est|technique|par)\b[\W_]*)*(?:[:\-–—|]|$)"
)
_SHORT = 140
"""Characters. A block after a label that is longer is prose and not the rest of an address."""
_HEADING = 110
_VERB = re.compile(r"\s(?:par|by|chez|sur|on|at)$|est edite$")


@cache
def _words() -> dict[Owner, list[str]]:
    return msgspec.toml.decode(_WORDS.read_bytes(), type=dict[Owner, list[str]])


@cache
def _cue() -> re.Pattern[str]:
    parties = "|".join(rf"(?P<{owner}>{'|'.join(phrases)})" for owner, phrases in _words().items())
    return re.compile(rf"(?<![\w-])(?:{parties})(?![\w-])")


@cache
def _heads() -> ahocorasick_rs.AhoCorasick:
    every = {head for phrases in _words().values() for phrase in phrases for head in heads(phrase)}
    return ahocorasick_rs.AhoCorasick(sorted(every))


def _cues(folded: str) -> Iterator[re.Match[str]]:
    """What `_cue().finditer` gives, tried only where a match can begin: three times as fast."""
    at = 0
    for start in sorted({start for _, start, _ in _heads().find_matches_as_indexes(folded, overlapping=True)}):
        if start >= at and (cue := _cue().match(folded, start)) is not None:
            at = cue.end()
            yield cue


class Section(msgspec.Struct, frozen=True):
    """A piece of a block that speaks of one party."""

    owner: Owner
    heading: str
    """The heading above it; empty: none."""
    text: str
    region: Region
    links: tuple[PlacedLink, ...]
    block: int
    """Which of the page's blocks it is in."""

    @property
    def is_foreign(self) -> bool:
        """Whether it speaks of somebody else than the publisher."""
        return self.owner in FOREIGN


def sections(blocks: Sequence[Block]) -> list[Section]:
    """Cut blocks where they begin to speak of somebody else. Every character and link is in exactly one section. Pure.

    A heading that names a party (`Hébergeur`, `Réalisation du site`) holds until the next heading or part of the page;
    a label (`Hébergement : …`) for the lines of an address after it, not for prose; words within a sentence
    (`hébergé par …`) until the end of their block or the next such words. In a footer a label holds for its block only.
    """
    found: list[Section] = []
    heading = ""
    under: Owner = "unknown"
    label: Owner | None = None
    region: Region = "main"
    for index, block in enumerate(blocks):
        if block.region != region:
            region, heading, under, label = block.region, "", "unknown", None
        folded = fold(block.text)
        first = _first_party(folded)
        if _is_heading(block, folded, first):
            heading, under, label = block.text, first or "unknown", None
            found.append(Section(under, heading, block.text, block.region, block.links, index))
            continue
        if first is not None:
            label = first if block.region != "footer" else None
        elif label is not None and (len(block.text) > _SHORT or block.region == "footer"):
            label = None
        start: Owner = first or label or under
        found += _cut(block, folded, start, heading, index)
    return found


def own(parts: Iterable[Section]) -> list[Section]:
    """The sections that speak of the publisher, as far as can be told."""
    return [part for part in parts if not part.is_foreign]


def _owner(name: str) -> Owner:
    return name  # type: ignore[return-value]


def _first_party(folded: str) -> Owner | None:
    """The party a block's beginning names: `2. Hébergeur du site : …`."""
    start = folded[:200]
    lead = _LEAD.match(start)
    cue = _cue().match(start, lead.end() if lead else 0)
    if cue is None or not (_VERB.search(cue[0]) or _ENDS_LABEL.match(start[: cue.end() + 40], cue.end())):
        return None
    return _owner(cue.lastgroup or "unknown")


def _is_heading(block: Block, folded: str, first: Owner | None) -> bool:
    if not block.text or len(block.text) > _HEADING:
        return False
    if block.level:
        # A bold line is a heading when nothing follows a colon in it.
        return block.level < LABEL_LEVEL or folded.rstrip().endswith(":") or ":" not in folded
    return first is not None and folded.rstrip(" .").endswith(":")


def _cut(block: Block, folded: str, start: Owner, heading: str, index: int) -> list[Section]:
    cuts: list[tuple[int, Owner]] = [(0, start)]
    for cue in _cues(folded):
        owner = _owner(cue.lastgroup or "unknown")
        if cue.start() > 0 and owner != cuts[-1][1] and _begins(folded, cue):
            cuts.append((cue.start(), owner))
    ends = [at for at, _ in cuts[1:]] + [len(block.text)]
    made = []
    for number, ((at, owner), end) in enumerate(zip(cuts, ends, strict=True)):
        last = number == len(cuts) - 1
        links = tuple(link for link in block.links if at <= link.at and (link.at < end or last))
        made.append(Section(owner, heading, block.text[at:end].strip(), block.region, links, index))
    return made


def _begins(folded: str, cue: re.Match[str]) -> bool:
    """Whether words within a block begin to speak of a party and do not only name it in passing."""
    if _VERB.search(cue[0]):
        return True
    after = folded[cue.end() : cue.end() + 30]
    return cue.lastgroup == "authority" or (
        _ENDS_LABEL.match(after) is not None and any(mark in after for mark in ":-–|")
    )
