"""Names in running text: where a company's name ends, and what is no name."""

from __future__ import annotations

import re

from services.legal_mentions.forms import without_form
from services.legal_mentions.words import words
from shared.web.folding import fold

_END = re.compile(
    r"[\n;|•·€:\t]|\s?[(\[]|[»”\"]|\s[–—-]\s|,|\.(?=\s|$)|\b(?:au capital|dont\b|immatricul|inscrite?\b|sire[nt]\b"
    r"|r\.?c\.?s\b"
    r"|ayant\b|situee?\b|domicili|represent|sise?\b|societe (?:a |par |civile|anonyme|coop|en nom|d'exercice|unip)"
    r"|association (?:loi|regie"
    r"|declaree)|enregistr|est\b|sont\b|qui\b|et (?:est|heberg|dont)|whose|with\b|registered|a (?:company|french"
    r"|simplified|limited)"
    r"|located|n°|tel\b|telephone|courriel|e-?mail|adresse|entrepreneur|entreprise (?:individuelle|unip)"
    r"|auto-?entrepreneur"
    r"|micro-?entrepre|capital\b|numero|is\b|which|represented|sous le|a l'adresse|joignable|\d{1,4},? (?:bis,? "
    r"|ter,? )?(?:rue|avenue|av\.|boulevard|bd|place|quai|chemin|route|allee|impasse)\b|\d{5}\b|http|www\."
    r"|(?:tous droits|all rights))"
)
_LEAD = re.compile(
    r"(?:[\s:«“\"'\u00a0–—-]|(?:[Ll]a |[Ll]'|[Nn]otre |[Uu]ne |[Tt]he )?"
    r"(?:societe|entreprise|association|cabinet|etablissements?|company|compagnie|agence|firm"
    r"|organisation)(?= ?:? ?[A-ZÀ-Ý«\"“0-9])"
    r"|(?:[Ss]ociete|[Nn]om|[Nn]ame|[Dd]enomination|[Rr]aison sociale|[Ee]ntreprise|[Ee]diteur)(?= ?:)"
    r"|(?:par|by|la|le|les|the|est|is)(?=[\s:])|(?:[Mm]\.|[Mm]r\.?|[Mm]me\.?|[Mm]lle|[Mm]onsieur|[Mm]adame"
    r"|[Mm]ademoiselle|[Dd]r\.?)(?= ))*+"
)
_PLACEHOLDER = re.compile(
    r"x{3,}|\.\.\.|…|\[|\]|\{|\}|_{2,}|<|>|\b(?:votre|vos|your) |nom de (?:la|l'|votre)|a (?:completer|remplir|definir)"
    r"|\b(?:lorem|exemple|todo|tbd)\b|ma societe|mon entreprise|raison sociale|\bnom\b.{0,4}\bprenom|company name"
)
_NO_NAME = words("no_company")
_NO_START = re.compile(
    r"(?:(?:le|ce|cet|notre|present|les?|la|this|the|our) (?:present )?(?:site|website|web|page|informations?"
    r"|presentes?|contenus?|droit|loi|textes?)\b"
    r"|conformement|en (?:vertu|application|cas)|nous\b|vous\b|il\b|pour\b|toute?s?\b|dans\b|tout\b|aux?\b|article"
    r"|in accordance|pursuant|you\b|we\b"
    r"|(?:tel|telephone|adresse|e-?mail|courriel|siege|capital (?:social|de)|direct(?:eur|rice)|responsable|propriet\w+"
    r"|sites?)\b)"
)
_ADDRESS = re.compile(r"www\.|https?:")
_DOMAIN = re.compile(r"[\w-]+\.(?:fr|com|net|org|eu|be|ch|io|info|biz)")
_LONGEST = 90
_WINDOW = 160


def read_company(text: str, *, may_be_domain: bool = False) -> str | None:
    """The name that a text begins with, without articles and legal form; None when it begins with none.

    `may_be_domain`: hosts are called Wix.com, publishers are not called by the name of their site.
    """
    text = text[:_WINDOW]
    lead = _LEAD.match(_without_accents(text))
    text = text[lead.end() if lead else 0 :].lstrip()
    bare = without_form(text)
    end = _END.search(fold(bare))
    name = without_form(bare[: end.start() if end else len(bare)].strip(" \t.,:-–—'\"«»“”*/"))
    return name if is_name(name, may_be_domain=may_be_domain) else None


def is_name(name: str, *, may_be_domain: bool = False) -> bool:
    """Whether words may be the name of somebody: no filler, no label, no address of a site."""
    folded = fold(name)
    if not 2 <= len(name) <= _LONGEST or not any(map(str.isalpha, name)) or len(name.split()) > 12:
        return False
    if is_placeholder(folded) or folded in _NO_NAME or _NO_START.match(folded) or "@" in name:
        return False
    if _ADDRESS.match(folded) or (not may_be_domain and _DOMAIN.fullmatch(folded)) or folded.endswith(":"):
        return False
    return name[0].isupper() or name[0].isdigit() or name[0] in '«"' or any(map(str.isupper, name[:6]))


def is_placeholder(folded: str) -> bool:
    """Whether a template's filler was never replaced: `[Nom de la société]`, `XXX`."""
    return _PLACEHOLDER.search(folded) is not None


def _without_accents(text: str) -> str:
    """Folded, but capitals stay: a name begins with one."""
    return "".join(old if old.isupper() else new for old, new in zip(text, fold(text), strict=True))
