"""Whose words are these? The publisher's, the host's, the agency's: one legal page has them all."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from shared.web.cues import Cue, matches_among
from shared.web.folding import fold
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
def _cue() -> Cue:
    parties = "|".join(rf"(?P<{owner}>{'|'.join(phrases)})" for owner, phrases in _words().items())
    return Cue(rf"(?<![\w-])(?:{parties})(?![\w-])")


class _Spoken(NamedTuple):
    """A block in which words of a party may begin: its text, folded, and where."""

    text: str
    heads: list[int]


def _spoken(blocks: Sequence[Block]) -> dict[int, _Spoken]:
    """The few blocks that may name a party, by number. All are searched at once: a page has hundreds."""
    texts = [block.text for block in blocks]
    starts = list(itertools.accumulate((len(text) + 1 for text in texts), initial=0))
    whole = fold("\n".join(texts))
    found: dict[int, _Spoken] = {}
    for head in _cue().starts(whole):
        index = bisect_right(starts, head) - 1
        if index not in found:
            found[index] = _Spoken(whole[starts[index] : starts[index + 1] - 1], [])
        found[index].heads.append(head - starts[index])
    return found


class Section(msgspec.Struct, frozen=True, gc=False):
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
    spoken = _spoken(blocks)
    for index, block in enumerate(blocks):
        if block.region != region:
            region, heading, under, label = block.region, "", "unknown", None
        said = spoken.get(index)
        first = _first_party(said) if said is not None else None
        if _is_heading(block, first):
            heading, under, label = block.text, first or "unknown", None
            found.append(Section(under, heading, block.text, block.region, block.links, index))
            continue
        if first is not None:
            label = first if block.region != "footer" else None
        elif label is not None and (len(block.text) > _SHORT or block.region == "footer"):
            label = None
        start: Owner = first or label or under
        if said is None:
            found.append(Section(start, heading, block.text.strip(), block.region, block.links, index))
        else:
            found += _cut(block, said, start, heading, index)
    return found


def own(parts: Iterable[Section]) -> list[Section]:
    """The sections that speak of the publisher, as far as can be told."""
    return [part for part in parts if not part.is_foreign]


def _owner(name: str) -> Owner:
    return name  # type: ignore[return-value]


def _first_party(spoken: _Spoken) -> Owner | None:
    """The party a block's beginning names: `2. Hébergeur du site : …`."""
    start = spoken.text[:200]
    lead = _LEAD.match(start)
    at = lead.end() if lead else 0
    cue = _cue().expression.match(start, at) if at in spoken.heads else None
    if cue is None or not (_VERB.search(cue[0]) or _ENDS_LABEL.match(start[: cue.end() + 40], cue.end())):
        return None
    return _owner(cue.lastgroup or "unknown")


def _is_heading(block: Block, first: Owner | None) -> bool:
    if not block.text or len(block.text) > _HEADING:
        return False
    if block.level:
        # A bold line is a heading when nothing follows a colon in it.
        return block.level < LABEL_LEVEL or block.text.rstrip().endswith(":") or ":" not in block.text
    return first is not None and fold(block.text).rstrip(" .").endswith(":")


def _cut(block: Block, spoken: _Spoken, start: Owner, heading: str, index: int) -> list[Section]:
    cuts: list[tuple[int, Owner]] = [(0, start)]
    for cue in matches_among(_cue().expression, spoken.text, spoken.heads):
        owner = _owner(cue.lastgroup or "unknown")
        if cue.start() > 0 and owner != cuts[-1][1] and _begins(spoken.text, cue):
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
