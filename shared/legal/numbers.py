"""French company numbers in text: SIREN, SIRET and VAT numbers, checked by their own digits.

SIREN: 9 digits, SIRET: those and 5 of the establishment, both with a Luhn check digit (INSEE). La Poste's
establishments have a sum of digits divisible by 5 instead. VAT: FR, a key of two digits and the SIREN
(key = (12 + 3 · (SIREN mod 97)) mod 97, article 286 ter of the tax code).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from shared.web.cues import Cue

_LA_POSTE = "356000000"
_GAP = r"[ .\-]{0,2}"
_NINE = rf"\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}"
_NUMBER = re.compile(
    rf"(?<!\d)(?:(?P<vat>(?<![a-z])fr{_GAP}(?P<key>\d\d){_GAP}(?P<of>{_NINE}))"
    rf"|(?P<siret>{_NINE}{_GAP}(?:\d{{5}}|\d{{3}} \d\d|\d\d \d{{3}}|\d \d{{4}}|\d{{4}} \d))"
    rf"|(?P<siren>{_NINE}))(?!\d)"
)
_BARE_VAT = Cue(rf"(?:tva|t\.v\.a|vat)[^\d\n]{{0,40}}(?P<key>\d\d){_GAP}(?P<of>{_NINE})(?!\d)")
_DIGITS = re.compile(r"[0-9][0-9 .\-]{8,}+")
"""Every number stands in such a stretch, but for an `fr ` before it. Most texts have none. A range of signs takes two
thirds of the time of a class."""
_COUNTRY = 4
_NINE_ONLY = re.compile(rf"{_NINE}(?!\d)")
_FOREIGN_CALL = re.compile(r"(?:\+|\b00)[ .]?\d{1,3}[ .()0]{0,5}$")
"""What stands before nine digits of a telephone number: `+33 472 123 456`."""
_MONEY = re.compile(r"\s{0,2}(?:,\d\d\s?)?(?:€|eur|euro|f\b|francs?|\$|chf|%|m2|km)")

Form = Literal["siren", "siret", "vat"]


class CompanyNumber(msgspec.Struct, frozen=True):
    """A number whose check digits are right; whose it is, they do not say."""

    form: Form
    siren: str
    siret: str | None
    start: int
    end: int

    @property
    def vat(self) -> str:
        """The VAT number that belongs to the SIREN."""
        return f"FR{vat_key(self.siren):02d}{self.siren}"


def is_siren(digits: str) -> bool:
    """Whether nine digits may be a company number: right check digit and no filler such as 000000000."""
    return len(digits) == 9 and digits.isdecimal() and len(set(digits)) > 2 and _luhn(digits) % 10 == 0


def is_siret(digits: str) -> bool:
    """Whether fourteen digits may be an establishment's number."""
    if len(digits) != 14 or not is_siren(digits[:9]) or digits.endswith("00000"):
        return False
    if digits.startswith(_LA_POSTE) and sum(map(int, digits)) % 5 == 0:
        return True
    return _luhn(digits) % 10 == 0


def vat_key(siren: str) -> int:
    """The two digits between FR and the SIREN."""
    return (12 + 3 * (int(siren) % 97)) % 97


def company_numbers(folded: str) -> Iterator[CompanyNumber]:
    """Every valid number of a folded text (see `shared.web.folding`), whatever its spelling. Linear.

    VAT numbers written without FR come first, the others in order.
    """
    stretches = [match.span() for match in _DIGITS.finditer(folded)]
    bare = _bare_vats(folded) if stretches else []
    yield from bare
    inside = {number.end for number in bare}
    for start, end in stretches:
        at = max(0, start - _COUNTRY)
        while (match := _NUMBER.search(folded, at, end)) is not None:
            found = _read(match, folded)
            # A SIREN and a postcode look like a SIRET, a telephone number's end like a SIREN: look again behind it.
            at = found.end if found else match.start() + 1
            if found is not None and found.end not in inside:
                yield found


def _bare_vats(folded: str) -> list[CompanyNumber]:
    return [number for match in _BARE_VAT.finditer(folded) if (number := _bare_vat(match)) is not None]


def _bare_vat(match: re.Match[str]) -> CompanyNumber | None:
    siren = _digits(match["of"])
    if not is_siren(siren) or int(match["key"]) != vat_key(siren):
        return None
    return CompanyNumber("vat", siren, None, match.start("key"), match.end())


def _read(match: re.Match[str], folded: str) -> CompanyNumber | None:
    start = match.start()
    if match["vat"]:
        siren = _digits(match["of"])
        if is_siren(siren) and int(match["key"]) == vat_key(siren):
            return CompanyNumber("vat", siren, None, start, match.end())
        return None
    if _FOREIGN_CALL.search(folded, max(0, start - 14), start):
        return None
    if match["siret"]:
        siret = _digits(match["siret"])
        if is_siret(siret):
            return CompanyNumber("siret", siret[:9], siret, start, match.end())
        match = _NINE_ONLY.match(folded, start) or match
    siren = _digits(match[0])
    if not is_siren(siren) or _MONEY.match(folded, match.end()):
        return None
    return CompanyNumber("siren", siren, None, start, match.end())


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _luhn(digits: str) -> int:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)
