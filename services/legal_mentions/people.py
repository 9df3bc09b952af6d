"""Who runs the company: its representative, else whoever answers for the publication."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.legal_mentions.names import is_placeholder
from services.legal_mentions.words import STATEMENTS, words
from shared.web.cues import Cue
from shared.web.folding import fold

_CIVILITY = (
    r"(?:(?:M\.|Mr\.?|MM\.|Mme\.?|Mlle\.?|M(?= )|Monsieur|Madame|Mademoiselle|MONSIEUR|MADAME|Dr\.?|Docteur"
    r"|Me|Ma[iî]tre|Mrs\.?|Ms\.?) ?)"
)
_WORD = (
    r"(?:[A-ZÀ-Ý](?:[a-zà-ÿ]+(?:[’'][A-ZÀ-Ý]?[a-zà-ÿ]+)?|[’'][A-ZÀ-Ý]?[a-zà-ÿA-ZÀ-Ý]+|[A-ZÀ-Ý’']+"
    r"|\.)(?:-[A-ZÀ-Ý](?:[a-zà-ÿ]+|[A-ZÀ-Ý]+|\.))*)"
)
_PARTICLE = r"(?:de la|de|du|des|d['’]|le|la|van der|van|von|der|den|el|ben|da|di|dos|del|DE LA|DE|DU|VAN|EL|BEN)"
_PERSON = rf"{_CIVILITY}?(?P<name>{_WORD}(?: (?:{_PARTICLE} ?)?{_WORD}){{1,3}})"
_EACH_PERSON = re.compile(_PERSON)
_NAME = re.compile(rf"[\s:–—,\"«(-]*{_PERSON}")
_TITLE = (
    r"(?:co-?)?gerant[es]?s?|gerance|presidence|president(?:e|-directeur general)?|pdg|p\.d\.g\.?|directeur general"
    r"|directrice generale|dirigeante?s?"
    r"|representante?s? legale?s?|chef(?:fe)? d'entreprise|exploitante?|fondat(?:eur|rice)|ceo"
    r"|chief executive officer|managing director"
    r"|legal representative|chairman|chairwoman|president|manager|directeur|directrice"
)
_ANY_TITLE = Cue(_TITLE, STATEMENTS)
_OF = (
    r"(?: (?:de (?:la |l')?(?:societe|entreprise|association|agence|structure)|du (?:site|cabinet|groupe)|legale?"
    r"|en exercice|actuel(?:le)?|de la sas|of the company|and [a-z ]{3,30}|et [a-z ]{3,40}))?"
)
_REPRESENTED = Cue(
    rf"(?:representee?|dirigee?|represented|geree?)s? (?:legalement |aux fins des presentes )?(?:par|by)\s?:?\s?"
    rf"(?:(?:son|sa|ses|its|le|la|l') ?(?:{_TITLE})\w*{_OF})?[\s,:]*",
    STATEMENTS,
)
_TITLED = Cue(
    rf"(?<![\w-])(?:{_TITLE}){_OF}(?:\s?\([^)\n]{{0,20}}\))?\s?(?::|,|–|-|\n|\best\b|\bis\b)?\s?(?:est |is )?:?",
    STATEMENTS,
)
_PUBLICATION = Cue(
    r"(?<![\w-])(?:direct(?:eur|rice)(?:\(?-?·?\.?(?:trice|rice)\)?)?|responsable|codirect(?:eur"
    r"|rice))s? (?:de (?:la )?|du )?"
    r"(?:publications?|redaction|contenu|editoriale?)(?: et (?:de la "
    r"|du )?[a-z ]{3,30})?(?: (?:du site(?: (?:internet|web))?|est|et))?\b|publications? director"
    r"|director of (?:the )?publication|managing editor|editor[- ]in[- ]chief|(?:publication|editorial) manager",
    STATEMENTS,
)
_AFTER_PUBLICATION = re.compile(
    r"(?:[\s:,–—-]|\b(?:est|is|le|la|du|site|internet|web|monsieur|of|this|website|the|sur)\b|\([^)\n]{0,40}\))*+"
)
_BEHIND = re.compile(
    rf" ?[,(–-]? ?(?:en sa qualite d[e'] ?|en qualite d[e'] ?|agissant en (?:sa )?qualite de |as (?:the )?|its |the "
    rf"|son |sa )?(?P<title>{_TITLE})(?![\w-])"
)
_NO_WORD = words("no_person")
_REACH = 100


def people(text: str, folded: str) -> Iterator[tuple[int, bool, str]]:
    """Each person named in a role: offset, whether it is the company's (else the publication's), name. Linear."""
    for cue in _REPRESENTED.finditer(folded):
        if (name := _name_at(text, cue.end())) is not None:
            yield cue.start(), True, name
    for cue in _TITLED.finditer(folded):
        if not _is_publication(folded, cue.start()) and (name := _name_at(text, cue.end())) is not None:
            yield cue.start(), True, name
    for cue in _PUBLICATION.finditer(folded):
        after = _AFTER_PUBLICATION.match(folded, cue.end())
        if (name := _name_at(text, after.end() if after else cue.end())) is not None:
            yield cue.start(), False, name
    for start, end in _titled_lines(folded):
        for match in _EACH_PERSON.finditer(text, start, end):  # a name stands on one line
            behind = _BEHIND.match(folded, match.end())
            if (
                behind
                and not _is_publication(folded, behind.start("title"))
                and (name := _checked(match["name"])) is not None
            ):
                yield match.start(), True, name


def is_person(name: str) -> bool:
    """Whether a name may be a person's: two to four words with capitals, none that only companies have."""
    found = _EACH_PERSON.fullmatch(name)
    return found is not None and _checked(found["name"]) == name


def _titled_lines(folded: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line in which a title may stand."""
    end = 0
    for title in _ANY_TITLE.starts(folded):
        if title >= end:
            end = folded.find("\n", title)
            end = end if end >= 0 else len(folded)
            yield folded.rfind("\n", 0, title) + 1, end


def _is_publication(folded: str, at: int) -> bool:
    """`Directeur de la publication` is no director of the company."""
    return _PUBLICATION.expression.match(folded, at) is not None


def _name_at(text: str, at: int) -> str | None:
    window = text[at : at + _REACH]
    match = _NAME.match(window)
    if match is None or window[: match.start("name")].count("\n") > 1:
        return None
    return _checked(match["name"])


def _checked(name: str) -> str | None:
    kept: list[str] = []
    for word in name.split():
        if fold(word).strip(".'") in _NO_WORD and not (kept and fold(word) in ("la", "le")):
            break
        kept.append(word)
    while kept and fold(kept[-1]) in ("de", "du", "la", "le", "d'", "et"):
        kept.pop()
    whole = " ".join(kept)
    return whole if len(kept) >= 2 and not is_placeholder(fold(whole)) else None
