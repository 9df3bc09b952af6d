"""Legal forms in text, under their usual short names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from services.legal_mentions.words import STATEMENTS
from shared.web.cues import Cue, matches_among

_SOLE = r"(?:unipersonnelle|a associee? unique|\(?associee? unique\)?|a actionnaire unique)"
_LONG = {
    "SELAFA": r"societe d'exercice liberal a forme anonyme",
    "SELURL": rf"societe d'exercice liberal (?:unipersonnelle a responsabilite limitee"
    rf"|a responsabilite limitee,? {_SOLE})",
    "SELARL": r"societe d'exercice liberal a responsabilite limitee",
    "SELAS": r"societe d'exercice liberal par actions simplifiee",
    "EURL": r"entreprise unipersonnelle a responsabilite limitee|societe unipersonnelle a responsabilite limitee"
    rf"|societe a responsabilite limitee,? {_SOLE}",
    "SARL": r"societe a responsabilite limitee",
    "SASU": rf"societe par actions? simplifiees?,? {_SOLE}|simplified joint[- ]stock company with a sole shareholder",
    "SAS": r"societe par actions? simplifiees?|simplified joint[- ]stock company",
    "SCOP": r"societe cooperative (?:et participative|ouvriere de production|de production)",
    "SCIC": r"societe cooperative d'interet collectif",
    "SCA": r"societe en commandite par actions",
    "SCS": r"societe en commandite simple",
    "SA": r"societe anonyme|public limited company",
    "SE": r"societe europeenne|societas europaea",
    "SNC": r"societe en nom collectif",
    "SCI": r"societe civile immobiliere",
    "SCP": r"societe civile professionnelle",
    "SCM": r"societe civile de moyens",
    "SCEA": r"societe civile d'exploitation agricole",
    "EARL": r"exploitation agricole a responsabilite limitee",
    "GAEC": r"groupement agricole d'exploitation en commun",
    "GIE": r"groupement d'interet economique",
    "EIRL": r"entrepreneure? individuel(?:le)? a responsabilite limitee"
    r"|entreprise individuelle a responsabilite limitee",
    "Micro-entreprise": r"(?:auto|micro)[- ]?(?:entrepreneure?|entrepreneuse|entreprise)|regime de la micro",
    "EI": r"entrepreneure? individuel(?:le)?|entreprise individuelle|sole (?:proprietor(?:ship)?|trader)"
    r"|profession(?:nel)? liberale?",
    "Association": r"association (?:loi|regie par la loi|de la loi|declaree|a but non lucratif|\(?loi)(?: (?:de"
    r"|du))?(?: 1er juillet)?(?: 1901)?"
    r"|association sans but lucratif|loi (?:de |du 1er juillet )?1901|non-?profit association",
    "Fondation": r"fondation (?:reconnue|d'entreprise|d'utilite)",
    "EPIC": r"etablissement public (?:a caractere )?industriel et commercial",
    "SEM": r"societe d'economie mixte",
    "SPL": r"societe publique locale",
    "Collectivité territoriale": r"collectivite territoriale",
}
_ANY_CASE = (
    "SELARL",
    "SELURL",
    "SELAS",
    "SELAFA",
    "SARL",
    "SASU",
    "SAS",
    "EURL",
    "EIRL",
    "SCOP",
    "SCIC",
    "EARL",
    "GAEC",
)
_CAPITALS = ("SCEA", "SCI", "SCP", "SCM", "SCA", "SCS", "SNC", "GIE", "EPIC", "SEM", "SPL", "SA", "SE", "EI")
"""Short ones are words in small letters: `sa`, `se`."""
_ABROAD = {
    "GmbH": r"gmbh",
    "Ltd": r"ltd\.?|limited",
    "LLC": r"l\.?l\.?c\.?",
    "Inc.": r"inc\.?|incorporated",
    "SRL": r"s\.?r\.?l\.?",
    "BV": r"b\.v\.|bv",
    "SPRL": r"s\.?p\.?r\.?l\.?",
    "ASBL": r"a\.?s\.?b\.?l\.?",
}


def _dotted(name: str) -> str:
    return r"\.? ?".join(name) if len(name) > 2 else r"\.?".join(name)


_NAMES = Cue(
    "|".join(rf"(?P<l{index}>(?<!\w)(?:{pattern})(?!\w))" for index, pattern in enumerate(_LONG.values())), STATEMENTS
)
_ABBREVIATIONS = re.compile(
    "|".join(
        [rf"(?P<a{i}>(?<![\w.&-])(?i:{_dotted(name)})(?![\w&-])\.?)" for i, name in enumerate(_ANY_CASE)]
        + [rf"(?P<c{i}>(?<![\w.&-]){_dotted(name)}(?![\w&-])\.?)" for i, name in enumerate(_CAPITALS)]
        + [rf"(?P<f{i}>(?<![\w.-])(?i:{pattern})(?![\w-]))" for i, pattern in enumerate(_ABROAD.values())]
    )
)
_IN_SMALL = Cue("|".join([_dotted(name.lower()) for name in _ANY_CASE] + list(_ABROAD.values())), STATEMENTS)
_IN_CAPITALS = Cue("|".join(map(_dotted, _CAPITALS)))
"""Where abbreviations may begin: trying all of them at every word took 50 ms a page."""
_SOLE_AFTER = re.compile(rf",? {_SOLE}")
_TABLES = {"l": tuple(_LONG), "a": _ANY_CASE, "c": _CAPITALS, "f": tuple(_ABROAD)}
_ONE_OWNER = {"SARL": "EURL", "SAS": "SASU", "SELARL": "SELURL"}


Form = tuple[int, int, str]
"""Start, end and short name."""


def legal_forms(text: str, folded: str) -> Iterator[Form]:
    """Start, end and short name of each form that a text names, full names first. Linear."""
    short = sorted({*_IN_SMALL.starts(folded), *_IN_CAPITALS.starts(text)})
    for match in itertools.chain(_NAMES.finditer(folded), matches_among(_ABBREVIATIONS, text, short)):
        group = match.lastgroup or ""
        name = _TABLES[group[0]][int(group[1:])]
        if name in _ONE_OWNER and _SOLE_AFTER.match(folded, match.end()):
            name = _ONE_OWNER[name]
        yield match.start(), match.end(), name


_EDGE = "|".join(
    [f"(?i:{_dotted(name)})" for name in _ANY_CASE]
    + [_dotted(name) for name in _CAPITALS]
    + [f"(?i:{pattern})" for pattern in _ABROAD.values()]
)
_LEADING = re.compile(rf"(?:(?:{_EDGE})\.?(?!\w)[\s,:–-]*)+(?=\S)")
_TRAILING = re.compile(rf"(?<=\w)[\s,(–-]+(?:{_EDGE})\.?\)?\s*$")


def without_form(name: str) -> str:
    """A company's name without the form before or after it: `SARL Lemoine` → `Lemoine`."""
    name = _LEADING.sub("", name, count=1) if _LEADING.match(name) else name
    return _TRAILING.sub("", name).strip()
