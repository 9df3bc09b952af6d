"""The many ways to write an arrondissement."""

from __future__ import annotations

import re

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi")
_ROMANS = dict(zip((*_ROMAN, "xvii", "xviii", "xix", "xx"), range(1, 21), strict=True))
_ORDINALS = (
    "premier second troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme onzieme douzieme "
    "treizieme quatorzieme quinzieme seizieme dix-septieme dix-huitieme dix-neuvieme vingtieme"
)
_WORDS = {word.replace("-", " "): number for number, word in enumerate(_ORDINALS.split(), 1)} | {"deuxieme": 2}
_DIGITS = r"(?P<digits>\d{1,2})|(?P<roman>[ivx]{1,5})"
_NUMBER = rf"(?:{_DIGITS})(?: ?(?:er|ere|e|eme|ieme|nd|nde))?|(?P<word>{'|'.join(_WORDS)})"
_CITY = r"(?P<city>paris|lyon|marseille)"
_NOUN = r"(?:arrondissement|arrdt|ardt|arr|arrond)"
_FORMS = (
    re.compile(rf"{_CITY} (?:le |la )?(?:{_NUMBER})(?: {_NOUN})?"),
    re.compile(rf"{_CITY} {_NOUN} (?:{_NUMBER})"),
    re.compile(rf"(?:le )?(?:{_NUMBER})(?: {_NOUN})?(?: de| d| a)? {_CITY}"),
)


def arrondissement(name: str) -> tuple[str, int] | None:
    """("lyon", 2) for the key of any spelling of Lyon 2e Arrondissement; None for another text.

    The number is as written: whether the city has so many is the gazetteer's to say. "Lyon 02" is its 2nd.
    """
    match = next(filter(None, (form.fullmatch(name) for form in _FORMS)), None)
    if match is None:
        return None
    number = int(match["digits"]) if match["digits"] else _ROMANS.get(match["roman"]) or _WORDS.get(match["word"])
    return (match["city"], number) if number else None
