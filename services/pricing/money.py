"""Prices in running text: a number beside a currency, unless the words around say that it is no price."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

import msgspec
from price_parser import Price as Parsed

from services.pricing.words import FREE, NEAR_BEFORE, QUOTE, RIGHT_AFTER, RIGHT_BEFORE
from shared.web.folding import fold

Kind = Literal["price", "free", "quote"]

_SIGNS = {
    "EUR": "€ eur euro euros",
    "USD": "us$ $us usd $usd",
    "CAD": "ca$ c$ $ca $cad cad",
    "AUD": "a$ au$ aud",
    "CHF": "chf fr. sfr.",
    "GBP": "£ gbp",
    "XOF": "fcfa cfa xof",
    "BRL": "r$",
    "PLN": "zł pln",
    "JPY": "¥ jpy",
    "INR": "₹ inr",
}
_CODES = {sign: code for code, signs in _SIGNS.items() for sign in signs.split()}
_LOCAL = {"$": {"ca": "CAD", "au": "AUD", "nz": "NZD", "": "USD"}, "kr": {"dk": "DKK", "no": "NOK", "": "SEK"}}
"""Signs of several currencies, by the country of the page."""
_BEFORE = r"US\$|CA\$|AU\$|C\$|A\$|R\$|€|\$|£|¥|₹|(?<![a-z])(?:EUR|USD|GBP|CHF|CAD|AUD)(?![^\W\d])"
_AFTER = (
    r"€|\$(?:US|CAD?|USD)?(?![a-z\d])|£|¥|zł|Fr\."
    r"|(?:EUR|euros?|USD|GBP|CHF|CAD|AUD|kr|PLN|SEK|DKK|NOK|F?CFA|XOF|MAD|TND)(?!\w)"
)
_NUMBER = r"\d{1,3}(?:[ .,'’\u00a0\u202f\u2009]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,7}(?:[.,]\d{1,2})?(?![\d])"
_START = r"(?<![\w.,/%])"
_PRICE = re.compile(
    rf"(?P<sign>{_BEFORE})[ \u00a0\u202f]?(?P<first>{_NUMBER})(?:[.,][-–—])?"
    rf"|{_START}(?:(?P<low>{_NUMBER})[ ]?(?:[-–/]|à|to|et)[ ]?)?"
    rf"(?P<number>{_NUMBER})(?:[.,][-–—]{{1,2}})?[ \u00a0\u202f]{{0,2}}(?P<unit>{_AFTER})(?P<cents>\d\d(?!\d))?",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_STACKED = re.compile(
    rf"^(?:(?P<number>{_NUMBER})\n(?P<unit>{_AFTER})(?![ ]?\d)|(?P<sign>{_BEFORE})\n(?P<first>{_NUMBER})$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Number and currency in boxes of their own."""
_SPAN = 60
"""Characters before and after that are looked at."""
_MOST = 1_000_000
_MOST_PRICES = 1000


class Sighting(msgspec.Struct, frozen=True):
    """A price in a text, or the words that stand for one."""

    kind: Kind
    start: int
    end: int
    amount: float | None
    currency: str | None


def sightings(text: str, country: str) -> list[Sighting]:
    """The prices of a text of lines, in order, at most a thousand. Pure, linear.

    `country` is that of the page (`ca`, `dk`), for signs that several currencies share.
    """
    folded = fold(text[:_MOST])
    on_lines = (found for start, end in _lines_with_digits(text) for found in _PRICE.finditer(text, start, end))
    found = [*_prices(on_lines, folded, country), *_prices(_STACKED.finditer(text, 0, _MOST), folded, country)]
    found += _words(folded)
    return sorted({one.start: one for one in reversed(found)}.values(), key=lambda one: one.start)


def amount_of(text: str) -> float | None:
    """The amount a text or number states, `1 299,90` → 1299.9; None when it states none below ten million."""
    parsed = Parsed.fromstring(text[:60]).amount_float
    return parsed if parsed is not None and 0 <= parsed < 10_000_000 else None


def code_of(sign: str, country: str) -> str | None:
    """The ISO 4217 code of a currency's sign or code; None when it is none."""
    sign = sign.strip().lower()
    if sign in _LOCAL:
        return _LOCAL[sign].get(country, _LOCAL[sign][""])
    return _CODES.get(sign) or (sign.upper() if re.fullmatch(r"[a-z]{3}", sign) else None)


def _lines_with_digits(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line that may hold a price; most do not."""
    end = 0
    while (digit := _DIGIT.search(text, end, _MOST)) is not None:
        start = text.rfind("\n", end, digit.start()) + 1 or end
        end = text.find("\n", digit.end(), _MOST)
        end = end if end >= 0 else min(len(text), _MOST)
        yield start, end


def _prices(matches: Iterable[re.Match[str]], folded: str, country: str) -> Iterator[Sighting]:
    for found in islice(matches, _MOST_PRICES):
        low = found.groupdict().get("low")
        cents = found.groupdict().get("cents")
        written = found["first"] or found["number"]
        amount = amount_of(f"{written},{cents}" if cents and not re.search(r"[.,]\d\d?$", written) else written)
        start = found.start()
        if low and amount and (lowest := amount_of(low)) is not None and amount / 10 <= lowest < amount:
            amount = lowest
        elif low:
            start = found.start("number")
        if not amount or _is_none(folded, start, found.end()):
            continue
        yield Sighting("price", start, found.end(), amount, code_of(found["sign"] or found["unit"], country))


def _is_none(folded: str, start: int, end: int) -> bool:
    """Whether the words around say that it is an amount of something else."""
    before = folded[max(0, start - _SPAN) : start]
    line = before.rpartition("\n")[2]
    if not line.strip():
        line = before.rstrip("\n ").rpartition("\n")[2]
    if line.endswith(("-", "−")) and line[-2:-1] in ("", " "):
        return True
    if line.rstrip().endswith("+"):  # what comes on top of a price
        return True
    after = folded[end : end + _SPAN].partition("\n")[0]
    return bool(NEAR_BEFORE.search(line) or RIGHT_BEFORE.search(line) or RIGHT_AFTER.match(after))


def _words(folded: str) -> Iterator[Sighting]:
    """Lines that say `Gratuit` or `Sur devis` and nothing else."""
    at = 0
    for line in folded.split("\n"):
        if 1 <= len(line) <= 40:
            bare = line.strip()
            if FREE.fullmatch(bare):
                yield Sighting("free", at, at + len(line), 0.0, None)
            elif QUOTE.fullmatch(bare):
                yield Sighting("quote", at, at + len(line), None, None)
        at += len(line) + 1
