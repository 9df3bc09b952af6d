"""One spelling for a phone number, as it is written in France."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_SEVERAL = re.compile(r"[;,/|]|\bou\b")
_DONE = re.compile(r"\+33 [1-9](?: \d\d){4}")
_LONGEST = 200
_OVERSEAS = {
    **dict.fromkeys(("0262", "0263", "0692", "0693"), "RE"),
    **dict.fromkeys(("0269", "0639"), "YT"),
    **dict.fromkeys(("0590", "0690", "0691"), "GP"),
    **dict.fromkeys(("0594", "0694"), "GF"),
    **dict.fromkeys(("0596", "0696", "0697"), "MQ"),
}
"""How numbers of the overseas departments begin when they are written as at home."""


@lru_cache(maxsize=8192)
def normalised_phone(text: str | None) -> str | None:
    """`+33 1 23 45 67 89` for the first valid number of a text that may list several; None when there is none.

    A number without a country is French; numbers of the overseas departments keep their own code (+262 …).
    """
    if not text:
        return None
    if _DONE.fullmatch(text):
        return text
    for part in _SEVERAL.split(text[:_LONGEST]):
        digits = "".join(filter(str.isdigit, part))
        try:
            number = phonenumbers.parse(part, _OVERSEAS.get(digits[:4], "FR"))
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return None
