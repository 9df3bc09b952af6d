"""A company's capital in text: `au capital social variable de 10 000 €`, `capital : cinq cents euros`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.legal_mentions.french_numbers import read_number
from services.legal_mentions.words import STATEMENTS
from shared.legal.numbers import is_siren
from shared.web.cues import Cue

_CAPITAL = Cue(r"(?<![\w-])capital(?![\w-])", STATEMENTS)
_BETWEEN = re.compile(
    r"(?:[\s:=(,–—-]|\b(?:social|variable|fixe|minimum|minimal|maximum|initial|souscrit|effectif|libere|entierement|actuel|est|de|du"
    r"|a|la|le|somme|s'eleve|s'elevant|montant|share|stock|of|is|total|and|et|with|paid|up|in|sarl|sas|sasu|sa|divise)\b|d')*+"
)
"""What may stand between the word and the amount: nothing that makes `capital` mean something else."""
_AMOUNT = re.compile(
    r"(?P<before>€|eur(?:os?)?|euros)?\s{0,2}"
    r"(?P<number>\d{1,3}(?P<sep>[ .,'])\d{3}(?:(?P=sep)\d{3})*(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?(?!\d))"
    r"\s{0,2}(?P<scale>millions?(?: d['e])?|mille|[km](?![a-z]))?\s{0,2}(?P<after>€|eur(?:os?)?\b|francs?|frf|chf"
    r"|usd|\$|£|gbp|xpf|cfp|fcfp|f\b|%)?"
)
_EUROS = frozenset(("€", "eur", "euro", "euros"))
_OF_CAPITAL = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,3}(?P<sep>[ .,'])\d{3}(?:(?P=sep)\d{3})*(?:[.,]\d\d)?|\d{2,9}) ?(?:€|eur\b"
    r"|euros?) de capital\b"
)
_SCALES = {"k": 1000, "mille": 1000, "m": 10**6}
_WINDOW = 110
_MOST = 10**12


def capitals(folded: str) -> Iterator[tuple[int, int | float]]:
    """Offsets of the word and the amounts in euros, in order; other currencies are left out. Linear."""
    for word in _CAPITAL.finditer(folded):
        window = folded[word.end() : word.end() + _WINDOW]
        start = _BETWEEN.match(window)
        at = start.end() if start else 0
        amount = _in_words(window[at:]) or _in_digits(window, at)
        if amount is not None and 0 < amount < _MOST:
            yield word.start(), amount
    for match in _OF_CAPITAL.finditer(folded) if "de capital" in folded else ():
        yield match.start(), parse_amount(match["number"])


def parse_amount(text: str) -> int | float:
    """`13.500`, `203,950.10`, `525 500,00`, `1'000'000` as a number: a last group of one or two digits is cents."""
    whole, cents = text, ""
    found = re.search(r"[.,](\d{1,2})$", text)
    if found:
        whole, cents = text[: found.start()], found[1]
    value = int(re.sub(r"\D", "", whole) or 0)
    fraction = int(cents.ljust(2, "0")) if cents else 0
    return value + fraction / 100 if fraction else value


def _in_words(window: str) -> int | None:
    read = read_number(window)
    if read is None or not re.match(r"[\s-]{0,2}(?:d'|de )?(?:euros?\b|€)", window[read[1] :]):
        return None
    return read[0]


def _in_digits(window: str, at: int) -> int | float | None:
    match = _AMOUNT.match(window, at)
    if match is None:
        return None
    currency = match["after"] or match["before"]
    digits = re.sub(r"\D", "", match["number"])
    if currency not in _EUROS and (match["after"] or not _stands_alone(window, match.end()) or is_siren(digits)):
        return None
    value = parse_amount(match["number"]) * _SCALES.get((match["scale"] or "").strip(), 1)
    if (match["scale"] or "").startswith("million"):
        value *= 10**6
    return int(value) if value == int(value) else round(value, 2)


def _stands_alone(window: str, at: int) -> bool:
    """Whether an amount without a currency is one: what follows is no unit and no further digits."""
    return (
        re.match(r"\s*(?:$|[\n,;.)–—-]|\b(?:rcs|siren|siret|immatricul|r\.c\.s|dont|ayant))", window[at:]) is not None
    )
