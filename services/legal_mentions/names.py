"""Names in running text: where a company's name ends, and what is no name."""

from __future__ import annotations

import re

from services.legal_mentions.forms import without_form
from shared.web.folding import fold

_END = re.compile(
    r"[\n;|•·€:\t]|(?<=[^\s(])[(\[]|[»”\"]|\s[–—-]\s|,|\.(?=\s|$)|\b(?:au capital|dont\b|immatricul|inscrite?\b|sire[nt]\b|r\.?c\.?s\b"
    r"|ayant\b|situee?\b|domicili|represent|sise?\b|societe (?:a |par |civile|anonyme|coop|en nom|d'exercice|unip)|association (?:loi|regie"
    r"|declaree)|enregistr|est\b|sont\b|qui\b|et (?:est|heberg|dont)|whose|with\b|registered|a (?:company|french|simplified|limited)"
    r"|located|n°|tel\b|telephone|courriel|e-?mail|adresse|entrepreneur|entreprise (?:individuelle|unip)|auto-?entrepreneur"
    r"|micro-?entrepre|capital\b|numero|is\b|which|represented|sous le|a l'adresse|joignable|\d{5}\b|http|www\."
    r"|(?:tous droits|all rights))"
)
_LEAD = re.compile(
    r"(?:[\s:«“\"'\u00a0–—-]|(?:[Ll]a |[Ll]'|[Nn]otre |[Uu]ne |[Tt]he )?"
    r"(?:societe|entreprise|association|cabinet|etablissements?|company|compagnie|agence|firm|organisation)(?= ?:? ?[A-ZÀ-Ý«\"“0-9])"
    r"|(?:[Ss]ociete|[Nn]om|[Nn]ame|[Dd]enomination|[Rr]aison sociale|[Ee]ntreprise|[Ee]diteur)(?= ?:)"
    r"|(?:par|by|la|le|les|the|est|is)(?=[\s:])|(?:[Mm]\.|[Mm]r\.?|[Mm]me\.?|[Mm]lle|[Mm]onsieur|[Mm]adame|[Mm]ademoiselle|[Dd]r\.?)(?= ))*+"
)
_PLACEHOLDER = re.compile(
    r"x{3,}|\.\.\.|…|\[|\]|\{|\}|_{2,}|<|>|votre |vos |your |nom de (?:la|l'|votre)|a (?:completer|remplir|definir)|lorem|exemple|ma societe|mon entreprise"
    r"|raison sociale|\bnom\b.{0,4}\bprenom|company name|todo|tbd"
)
_NO_NAME = frozenset(
    """le site|site|site internet|site web|ce site|nous|nous-memes|vous|editeur|hebergeur|proprietaire|la societe|societe|entreprise
    |association|mentions legales|contact|accueil|siege social|adresse|responsable|webmaster|directeur de la publication|informations
    |lui-meme|soins|l'editeur|celui-ci|france|sas|sarl|le proprietaire|the company|this website|the site|the publisher|us|our company|siret
    |siren|rcs|publication|denomination|identite|forme juridique|coordonnees|capital social|hebergement|creation|credits|conception"""
    .replace("\n", "").replace("    ", "").split("|")
)
_NO_START = re.compile(
    r"(?:(?:le|ce|cet|notre|present|les?|la|this|the|our) (?:present )?(?:site|website|web|page|informations?|presentes?|contenus?|droit|loi|textes?)\b"
    r"|conformement|en (?:vertu|application|cas)|nous\b|vous\b|il\b|pour\b|toute?s?\b|dans\b|tout\b|aux?\b|article|in accordance|pursuant|you\b|we\b"
    r"|tel\b|telephone|adresse|email|e-mail|courriel|siege|capital|directeur|directrice|responsable|rue|avenue|boulevard|propriet|site)"
)
_LONGEST = 90
_WINDOW = 160


def read_company(text: str) -> str | None:
    """The name that a text begins with, without articles and legal form; None when it begins with none."""
    text = text[:_WINDOW]
    lead = _LEAD.match(_without_accents(text))
    text = text[lead.end() if lead else 0 :].lstrip()
    bare = without_form(text)
    end = _END.search(fold(bare))
    name = without_form(bare[: end.start() if end else len(bare)].strip(" \t.,:-–—'\"«»“”*/"))
    return name if is_name(name) else None


def is_name(name: str) -> bool:
    """Whether words may be the name of somebody: no filler, no label, no address of a site."""
    folded = fold(name)
    if not 2 <= len(name) <= _LONGEST or not any(map(str.isalpha, name)) or len(name.split()) > 12:
        return False
    if is_placeholder(folded) or folded in _NO_NAME or _NO_START.match(folded) or "@" in name:
        return False
    if re.search(r"^www\.|^https?:|^[\w-]+\.(?:fr|com|net|org|eu|be|ch)$", folded):
        return False
    return name[0].isupper() or name[0].isdigit() or name[0] in "«\"" or any(map(str.isupper, name[:6]))


def is_placeholder(folded: str) -> bool:
    """Whether a template's filler was never replaced: `[Nom de la société]`, `XXX`."""
    return _PLACEHOLDER.search(folded) is not None


def _without_accents(text: str) -> str:
    """Folded, but capitals stay: a name begins with one."""
    return "".join(old if old.isupper() else new for old, new in zip(text, fold(text), strict=True))
