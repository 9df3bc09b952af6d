"""How often a price is paid, from the words beside it."""

from __future__ import annotations

import re
from typing import Literal

from shared.web.folding import fold

Period = Literal["month", "year", "one_time", "unknown"]

_MONTH = r"mois|month|mo|mth|mensuel(?:le(?:ment)?)?s?|mensualites?|monthly"
_YEAR = r"ans?|annees?|years?|yr|annuel(?:le(?:ment)?)?s?|yearly|annually|annual|pa"
_ONCE = (
    r"nuits?|nuitee|night|jours?|journee|day|heures?|h|hr|hour|personnes?|pers|adultes?|enfants?|person"
    r"|seances?|session|cours|lecon|consultation|unite|piece|kg|kilo|litre|l|bouteille|m2|m²|part|pax|page|mot|trajet"
    r"|entree|billet|ticket|bouquet|repas|menu|plat"
)
_UNIT = rf"(?:(?P<month>{_MONTH})|(?P<year>{_YEAR})|(?P<once>{_ONCE}))\b"
_TAX = r"(?:\W{0,4}(?:ht|ttc|htva|tvac|hors taxes?|toutes taxes|excl\.?|incl\.?|vat|tax|hors|\*|\d\)|net|nets))*"
_PAYERS = (
    r"utilisateurs?|users?|sieges?|seats?|collaborateurs?|salaries?|employes?|employees?|membres?|members?|agents?"
    r"|licence|site|poste|personne|person|appareil|vehicule|logement|lot|etablissement|boutique|compte"
)
_BETWEEN = rf"(?:\W{{0,3}}(?:{_PAYERS}))?"
_AFTER = re.compile(
    rf"{_TAX}\W{{0,4}}(?:(?:/|par|per|a|an?|le|la|l'|de l'|each|every|chaque|tous les)\W{{0,3}})?{_BETWEEN}{_TAX}"
    rf"\W{{0,4}}(?:(?:/|et par|par|and per|per|le|la|l'|a|every|chaque)\W{{0,3}})?{_UNIT}"
)
_BILLED = re.compile(r"[^\n]{0,30}?\b(?:(?P<month>mensuel\w*|monthly)|(?P<year>annuel\w*|yearly|annually))\b")
_ONCE_WORDS = re.compile(
    r"paiement unique|en une (?:seule )?fois|une seule fois|one[- ]time|lifetime|a vie\b|achat unique|pay once"
    r"|licence perpetuelle|sans abonnement|no subscription"
)
_BEFORE = re.compile(
    r"(?:(?P<month>mensuel(?:le)?s?|monthly|par mois|mensualites?|mois)"
    r"|(?P<year>annuel(?:le)?s?|yearly|annual(?:ly)?|par an)"
    r"|(?P<once>nuit|journee|seance|heure|consultation))\b[^\n\d]{0,25}$"
)
_CODES: dict[str, Period] = {"MON": "month", "P1M": "month", "ANN": "year", "P1Y": "year", "P12M": "year"}
"""UN/CEFACT units and ISO 8601 durations."""
_SPAN = 60


def period_at(text: str, start: int, end: int, stop: int) -> Period:
    """The period of the price in `text[start:end]`; `stop` is where the next price begins. Pure."""
    after = fold(text[end : min(stop, end + _SPAN)])
    found = _AFTER.match(after)
    line = fold(text[max(0, start - _SPAN) : start]).rpartition("\n")[2]
    if found is not None and not (found["once"] and "\n" in found[0]):
        return _named(found)
    if (said := _BEFORE.search(line)) is not None:
        return _named(said)
    if (billed := _BILLED.match(after.replace("\n", " ", 1))) is not None:
        return "month" if billed["month"] else "year"
    return "one_time" if _ONCE_WORDS.search(after) else "unknown"


def period_of(words: str) -> Period:
    """The period that words, a unit code or a duration name: `Mensuel`, `MON`, `P1Y`. Pure."""
    if words.upper() in _CODES:
        return _CODES[words.upper()]
    folded = fold(words[:200])
    if _ONCE_WORDS.search(folded):
        return "one_time"
    named = {
        name for name, form in (("month", _MONTH), ("year", _YEAR)) if re.search(rf"(?<![\w-])(?:{form})\b", folded)
    }
    return "month" if named == {"month"} else "year" if named == {"year"} else "unknown"


def is_only_period(words: str) -> bool:
    """Whether words say nothing but when and how a price is paid: `Par mois, facturé annuellement :`."""
    return _NOTHING.fullmatch(fold(words)) is not None


_SAYS_NOTHING = (
    r"nuits?|nuitee|night|jours?|heures?|h|hour|day|personnes?|pers|person|kg|kilo|unite|piece|par|per|a|i|partir|de|du|des"
    r"|les|le|la|from|starting|at|only|seulement|prix|tarifs?|price|ttc|ht|hors|taxes?|toutes|vat|tva|excl|incl"
    r"|excluding|including|facture\w*|billed|paye\w*|paid|soit|ou|or|et|and|sans|engagement|avec|with|commitment|utilisateurs?|users?"
    r"|en|un|une|pour|now|promo|promotionnel|habituel|unitaire|au|lieu|regular|sale|unit|minimum|selon|environ|nets?|apres|before|after|est"
    r"|each|chaque|puis|then|abonnement"
)
_NOTHING = re.compile(rf"(?:\W|\b(?:{_MONTH}|{_YEAR}|{_SAYS_NOTHING})\b|\d)*")


def _named(found: re.Match[str]) -> Period:
    return "month" if found["month"] else "year" if found["year"] else "one_time"
