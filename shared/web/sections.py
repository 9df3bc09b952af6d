"""Whose words are these? The publisher's, the host's, the agency's: one legal page has them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from shared.web.folding import fold
from shared.web.outline import Block, PlacedLink, Region

Owner = Literal["publisher", "host", "agency", "mediator", "authority", "director", "dpo", "unknown"]

FOREIGN: frozenset[Owner] = frozenset({"host", "agency", "mediator", "authority"})
"""Owners whose numbers and addresses are not the publisher's."""
_WORDS: dict[Owner, str] = {
    "host": r"hebergeurs?|hebergement|heberge(?:e|s)?(?: et \w+)?(?: chez| par| sur)?|hosting(?: provider)?|hosted (?:by|on|at)|web host"
    r"|hoster|stockage des donnees|serveurs? de",
    "agency": r"(?:conception|realisation|creation|design|developpement|maintenance|integration)s?"
    r"(?:[ ,/&+et]{1,5}(?:conception|realisation|creation|design|developpement|maintenance|hebergement|graphique|technique|integration))*"
    r"(?: graphique| technique| et graphique)?(?: (?:du|de ce|de votre|de) sites?)?(?: (?:internet|web))?(?: par)?"
    r"|webmasters?|webdesign(?:er)?|agence (?:web|digitale|de communication)|prestataires? (?:web|technique|informatique)"
    r"|(?:site (?:internet |web )?)?(?:concu|realise|cree|developpe|propulse|imagine|fabrique)e?(?: et \w+)? (?:avec [^ ]{1,10} )?par"
    r"|(?:made|built|designed|developed|powered|website|site|created)(?: with [^ ]{1,10})? by|web ?design by|credits?(?: photos?| site)?"
    r"|photograph(?:ies|es?)|photos? ?:|infogerance|template by|theme by",
    "mediator": r"mediat(?:eur|rice|ion)s?(?: (?:de la |a la )?consommation)?|reglement (?:amiable|extrajudiciaire|des litiges)|plateforme (?:de rll|europeenne)"
    r"|dispute resolution|ombudsman",
    "authority": r"(?:aupres de |a )?la cnil|cnil|commission nationale (?:de l'|pour l'|de )?informatique|autorite de controle|supervisory authority",
    "director": r"(?:directeur|directrice|responsable|direction)s?(?: \(?\w+\)?)? (?:de (?:la )?)?(?:publications?|redaction|editorial)(?: du site)?"
    r"|publication director|managing editor|representant legal",
    "dpo": r"dpo|delegue[e]? a la protection(?: des donnees)?(?: personnelles)?|data protection officer|responsable (?:du|des) traitements?",
    "publisher": r"editeurs?(?: du site)?|edition du site|edite par|est edite|published by|publisher|proprietaire(?: du site)?|qui sommes[- ]nous"
    r"|nous contacter|contactez[- ]nous|contact us|coordonnees|siege social|raison sociale|denomination sociale|identite|identification"
    r"|societe editrice|informations? (?:legales?|editeur|generales?)|l'entreprise|presentation(?: du site)?|notre (?:societe|entreprise|cabinet)",
}
_CUE = re.compile("|".join(rf"(?P<{owner}>(?<![\w-])(?:{words})(?![\w-]))" for owner, words in _WORDS.items()))
_LEAD = re.compile(r"[\W\d_]*(?:(?:article|le|la|les|l'|du|the|our|informations? (?:sur|concernant|relatives? a)|ce|site|web|internet|est)\s*[\W\d_]*)*")
_ENDS_LABEL = re.compile(r"[\W_]*(?:(?:du|de ce|de|ce|et|le|la|site|internet|web|nom|est|technique|par)\b[\W_]*)*(?:[:\-–—|]|$)")
_SHORT = 140
"""Characters. A block after a label that is longer is prose and not the rest of an address."""
_HEADING = 110
_VERB = re.compile(r"(?:par|by|chez|sur|est|on|at)$")


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

    A heading that names a party (`Hébergeur`, `Réalisation du site`) holds until the next heading; a label
    (`Hébergement : …`) holds for the lines of an address after it and ends at prose; words within a sentence (`hébergé par
    …`) hold until the end of their block or the next such words. In a footer a label holds for its block only.
    """
    found: list[Section] = []
    heading, under, label = "", "unknown", None
    level = 0
    for index, block in enumerate(blocks):
        folded = fold(block.text)
        first = _first_party(folded)
        if _is_heading(block, folded, first):
            heading, under, label, level = block.text, first or "unknown", None, block.level or level
            found.append(Section(_owner(under), heading, block.text, block.region, block.links, index))
            continue
        if first is not None:
            label = first if block.region != "footer" else None
        elif label is not None and (len(block.text) > _SHORT or block.region == "footer"):
            label = None
        start: Owner = first or label or _owner(under)
        found += _cut(block, folded, start, heading, index)
    return found


def own(parts: Iterable[Section]) -> list[Section]:
    """The sections that speak of the publisher, as far as can be told."""
    return [part for part in parts if not part.is_foreign]


def _owner(name: str) -> Owner:
    return name  # type: ignore[return-value]


def _first_party(folded: str) -> Owner | None:
    """The party a block's beginning names: `2. Hébergeur du site : …`."""
    lead = _LEAD.match(folded)
    cue = _CUE.match(folded, lead.end() if lead else 0)
    if cue is None:
        return None
    if _VERB.search(cue[0]) or _ENDS_LABEL.match(folded, cue.end()):
        return _owner(cue.lastgroup or "unknown")
    return None


def _is_heading(block: Block, folded: str, first: Owner | None) -> bool:
    if not block.text or len(block.text) > _HEADING:
        return False
    if block.level:
        # A bold line is a heading when nothing follows a colon in it.
        return block.level < 7 or folded.rstrip().endswith(":") or ":" not in folded
    return first is not None and folded.rstrip(" .").endswith(":")


def _cut(block: Block, folded: str, start: Owner, heading: str, index: int) -> list[Section]:
    cuts: list[tuple[int, Owner]] = [(0, start)]
    for cue in _CUE.finditer(folded):
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
    return _ENDS_LABEL.match(after) is not None and any(mark in after for mark in ":-–|") or cue.lastgroup in ("authority",)
