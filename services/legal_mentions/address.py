"""Postal addresses in text: `12 bis rue des Forges, 69002 Lyon`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from services.legal_mentions.names import is_placeholder
from services.legal_mentions.words import words
from shared.web.folding import fold

_TOWN = (
    r"(?:Ste?\.|[A-ZÀ-Ý][\w’']*)(?:(?: |-| - )(?:Ste?\.|[A-ZÀ-Ý][\w’']*|[ld][’'][A-ZÀ-Ý]\w+|(?:de|du|la|le|les|sur"
    r"|sous|en|lès|lez|aux|et|d’|l’)"
    r"(?=[ -]))){0,6}(?: \d\d?(?:er|e|ème)?(?![\w-]))?(?: (?:CEDEX|Cedex|cedex)(?: \d\d?(?!\d))?)?"
)
_POSTCODE = re.compile(rf"(?<![\d])(?:F-? ?|FR-)?(?P<code>\d{{5}}|\d\d \d{{3}})(?!\d)[\s,–-]{{1,3}}(?P<town>{_TOWN})")
_CODE = re.compile(r"[0-9](?<!\d\d)(?:\d{4}|\d \d{3})(?!\d)")
_PREFIX = 3
"""Digits of a postcode, and characters that may stand before them: `FR-`."""
_POSTCODE_BEHIND = re.compile(rf"(?:,| à| -)\s(?P<town>{_TOWN}) \((?P<code>\d{{5}})\)")
"""`3 rue du Puits à Dijon (21000)`."""
_STREET = re.compile(
    r"(?<![\w])(?<!\d[ .])(?:\d{1,4}(?: ?(?:bis|ter|quater|[a-d](?![\w'])))?(?:[-/]\d{1,4}| ?& ?\d{1,4}"
    r"| et \d{1,4})?(?: ?(?:bis|ter))?\s?,?\s{1,2}(?=[a-z\"«'])"
    r"|(?:rue|avenue|av\.|boulevard|bd\.?|blvd|bld|place|pl\.|chemin|route|rte|impasse|allees?|quai|cours|square|passage"
    r"|faubourg|fbg|sentier|ruelle|lotissement|lieu[- ]?dit|zone|z\.?a\.?c?\.?|z\.?i\.?|hameau|rond[- ]point"
    r"|esplanade|promenade|traverse|montee|voie)(?![\w]))"
)
_PLACE = re.compile(
    r"(?<!\w)(?:villa|cite|residence|parc|centre|domaine|cote|mail|galerie|halles?|port|immeuble|batiment|bat\.?"
    r"|le bourg|bourg|espace|tour|bp|cs|chateau|ferme|moulin|manoir|technopole|pole|les|la|le|l')(?!\w)"
)
"""What stands for a street where there is none; before one it may be the company's name."""
_BOUND = re.compile(
    r":|;|•|\||\b(?:siege(?: social)?(?: est)?|adresse|address|capital|euros?|€|gerante?|sise?|situee?s?(?: a)?"
    r"|domiciliee?s?|demeurant|located"
    r"|office (?:is )?at|headquartered|rcs|siren|siret|\bau(?= \d)|\ba(?= \d)|\bat(?= \d))\b|\d{9,14}|€|@\S+|[«»]"
)
_STOP_WORDS = words("after_town")
_SEAT = re.compile(r"siege|registered office|head office|headquarter|adresse|address|domicili|\bsis(?:e)?\b|situee")
_REACH = 150
_MAX_LINES = 4


def addresses(text: str, folded: str) -> Iterator[tuple[int, bool, str]]:
    """Offset, whether it is said to be the seat, and the address on one line, for each with a street and a postcode.

    Linear. A postcode and a town alone are an address when they are said to be one.
    """
    for match in _postcodes(text):
        town = _town(match["town"])
        if town is None or match["code"].startswith(("00", "99")):
            continue
        start = _bound(text, folded, match.start())
        street = _street(text[start : match.start()], folded[start : match.start()])
        said = _SEAT.search(folded, max(0, start - 40), match.start()) is not None
        code = match["code"].replace(" ", "")
        if street:
            yield match.start(), said, f"{street}, {code} {town}"
        elif said and match.start() - start < 4:
            yield match.start(), said, f"{code} {town}"


def _postcodes(text: str) -> Iterator[re.Match[str]]:
    """Each postcode with its town: those before it, then those behind."""
    codes = [code.start() for code in _CODE.finditer(text)]
    at = 0
    for code in codes:
        found = (_POSTCODE.match(text, start) for start in range(max(at, code - _PREFIX), code + 1))
        if (match := next(filter(None, found), None)) is not None:
            at = match.end()
            yield match
    if any(text[code - 1 : code] == "(" for code in codes):
        yield from _POSTCODE_BEHIND.finditer(text)


def structured_address(objects: list[dict[str, Any]]) -> str | None:
    """The PostalAddress of the first JSON-LD object that has a whole one."""
    for one in objects:
        stated = one.get("address")
        for address in stated if isinstance(stated, list) else [stated]:
            if not isinstance(address, dict):
                continue
            street, code, town = (address.get(key) for key in ("streetAddress", "postalCode", "addressLocality"))
            if all(isinstance(part, str) and 0 < len(part.strip()) < 150 for part in (street, town)) and code:
                written = f"{' '.join(str(street).split())}, {str(code)[:10].strip()} {str(town).strip()}"
                return None if is_placeholder(fold(written)) else written
    return None


def _bound(text: str, folded: str, at: int) -> int:
    """Where the address before a postcode may begin at the earliest."""
    start = max(0, at - _REACH)
    gap = text.rfind("\n\n", start, at)
    start = gap + 2 if gap >= 0 else start
    lines = folded[start:at].split("\n")
    if len(lines) > _MAX_LINES:
        start += sum(len(line) + 1 for line in lines[:-_MAX_LINES])
    for bound in _BOUND.finditer(folded, start, at):
        start = bound.end()
    return start


def _street(text: str, folded: str) -> str | None:
    matches = (match for pattern in (_STREET, _PLACE) for match in pattern.finditer(folded))
    found = next((match for match in matches if _begins_part(folded, match.start())), None)
    if found is None:
        return None
    written = ", ".join(part for line in text[found.start() :].split("\n") if (part := line.strip(" ,–-—.(")))
    written = re.sub(r"\s+", " ", re.sub(r"\s*,[\s,]*", ", ", written)).strip(" ,")
    return written if 3 < len(written) <= _REACH and not is_placeholder(fold(written)) else None


def _begins_part(folded: str, at: int) -> bool:
    """Whether a street's name may begin here: not within a company's name such as `Le Fournil de la Place`."""
    before = folded[:at].rstrip(" ")
    return not before or before[-1] in ",\n-–.(" or folded[at].isdigit() or before.endswith((" au", " a", " at", "/"))


def _town(written: str) -> str | None:
    kept: list[str] = []
    for word in written.split(" "):
        if kept and fold(word).strip(".,'") in _STOP_WORDS and word[0].isupper():
            break
        kept.append(word)
    while kept and kept[-1] in ("de", "du", "la", "le", "les", "sur", "et", "en", "-", "d’", "l’", "aux", "sous"):
        kept.pop()
    town = " ".join(kept).strip(" .-,")
    return town if len(town) > 1 and fold(town) not in _STOP_WORDS and not is_placeholder(fold(town)) else None
