"""Telephone numbers in text as E.164, with the country they are written for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec
import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

_OVERSEAS = {
    **dict.fromkeys(("262", "263", "692", "693"), 262),
    **dict.fromkeys(("269", "639"), 262),
    **dict.fromkeys(("590", "690", "691"), 590),
    **dict.fromkeys(("594", "694"), 594),
    **dict.fromkeys(("596", "696", "697"), 596),
}
"""How national numbers of the overseas departments begin, and their country codes."""
_FRENCH_PLAN = frozenset(("FR", "RE", "YT", "GP", "MQ", "GF", "BL", "MF"))
_BY_POSTCODE = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "980": "MC",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
_BY_DOMAIN = {
    **{name: name.upper() for name in "be ch lu mc nc pf re pm wf yt gp mq gf de es it nl pt ca at".split()},  # noqa: SIM905
    "uk": "GB",
}
_GAP = r"[ .\-–/·\u00a0\u202f\u2009\u2011]"
_FRENCH_CODE = "33|262|590|594|596"
_NUMBER = re.compile(
    rf"(?<![\d+])(?<!\d[.,/])(?:"
    rf"(?:\(?\+|\(?00{_GAP}?)(?:{_FRENCH_CODE})\)?(?:{_GAP}?\(0\)|{_GAP}?0)?(?:{_GAP}{{0,3}}\d){{9}}"
    rf"|(?:\(?\+|\b00{_GAP}?)(?!(?:{_FRENCH_CODE})\D)\d{{1,3}}\)?(?:{_GAP}?\(0\))?(?:{_GAP}{{0,3}}\(?\d\)?){{6,12}}"
    rf"|0{_GAP}?[1-9](?:{_GAP}{{0,3}}\d{{2}}){{4}}"
    rf"|0{_GAP}?\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}"
    rf"|0\d{{3}}{_GAP}{{0,3}}\d{{3}}{_GAP}{{0,3}}\d{{3}}"
    rf"|\(0[1-9]\)(?:{_GAP}{{0,3}}\d{{2}}){{4}}"
    rf")(?!\d)"
)
"""French numbers in every grouping, and international ones."""
_DIGIT = re.compile(r"\d")
_DATE = re.compile(r"\d\d[./-]\d\d[./-](?:19|20)\d\d")
_DUMMIES = frozenset(
    (
        "+33123456789",
        "+33612345678",
        "+33102030405",
        "+33601020304",
        "+33612131415",
        "+33400000000",
        "+33600000000",
        "+33100000000",
    )
)
"""What templates and forms show as an example."""
_MAX_DIGITS = 200_000
_SURCHARGED = frozenset((PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST))
_MOBILE = frozenset((PhoneNumberType.MOBILE, PhoneNumberType.PAGER))


class Phone(msgspec.Struct, frozen=True):
    """A valid number."""

    e164: str
    is_mobile: bool
    is_free: bool
    """Numbers that cost the caller nothing or an ordinary call (0800 to 0809): a service line, nobody's desk."""
    is_surcharged: bool
    """081, 082, 089: the caller pays more than for a call."""


class PlacedPhone(msgspec.Struct, frozen=True):
    """A number and where it stands in its text."""

    phone: Phone
    start: int
    end: int


def region_of(host: str, postcode: str | None = None) -> str:
    """The country (ISO 3166) of numbers without a country code: by postcode, else by the domain's ending."""
    if postcode and (region := _BY_POSTCODE.get(postcode.strip()[:3])):
        return region
    return _BY_DOMAIN.get(host.rpartition(".")[2], "FR")


@lru_cache(maxsize=8192)
def read_phone(text: str, region: str = "FR") -> Phone | None:
    """One number, as validly as the numbering plan of its country can tell; None for anything else and for dummies.

    National numbers of the French overseas departments get their own country code, also where +33 stands before them.
    """
    plain = " ".join(text[:60].replace("(0)", "").replace("·", " ").split())
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    national = str(number.national_number)
    if number.country_code == 33 and (code := _OVERSEAS.get(national[:3])) and len(national) == 9:
        number = PhoneNumber(country_code=code, national_number=number.national_number)
    elif region in _FRENCH_PLAN - {"FR"} and number.country_code != 33 and not phonenumbers.is_valid_number(number):
        number = PhoneNumber(country_code=33, national_number=number.national_number)
    if not phonenumbers.is_valid_number(number) or number.extension:
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if e164 in _DUMMIES or len(set(e164[-8:])) == 1:
        return None
    kind = phonenumbers.number_type(number)
    is_free = number.country_code == 33 and national.startswith("80")
    return Phone(
        e164,
        kind in _MOBILE,
        is_free or kind is PhoneNumberType.TOLL_FREE,
        not is_free and (kind in _SURCHARGED or (number.country_code == 33 and national.startswith("8"))),
    )


def find_phones(text: str, region: str = "FR") -> Iterator[PlacedPhone]:
    """The valid numbers of a text in order. Linear; what is only digits, dates, amounts or bank details is passed over.

    Outside the French plan numbers without a country code are found by the library, with leniency VALID.
    """
    if not _DIGIT.search(text):  # most texts
        return
    taken: list[tuple[int, int]] = []
    for match in _NUMBER.finditer(text):
        if _DATE.search(match[0]):
            continue
        phone = read_phone(match[0], region)
        if phone is not None:
            taken.append(match.span())
            yield PlacedPhone(phone, *match.span())
    if region in _FRENCH_PLAN:
        return
    for found in phonenumbers.PhoneNumberMatcher(text[:_MAX_DIGITS], region, max_tries=2000):
        if any(start < found.end and found.start < end for start, end in taken) or _DATE.search(found.raw_string):
            continue
        if (phone := read_phone(found.raw_string, region)) is not None:
            yield PlacedPhone(phone, found.start, found.end)
