"""What a lead says of its company: its number if it has one, its names, its place."""

from __future__ import annotations

from typing import Any

import msgspec

from contracts.manifest import read_key
from services.legal_data.locate import locate
from services.legal_data.place import Where
from services.legal_data.vocabulary import words_of
from shared.geography import Geography
from shared.legal.numbers import company_numbers, is_siren, is_siret
from shared.web.folding import fold

_NUMBERS = ("siren", "siret", "tva_intracom", "rcs")
"""Columns that hold a company's number, in the order in which they are believed."""
_LONGEST_NAME = 500


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A lead, read."""

    siren: str | None
    siret: str | None
    """Of the establishment, when the lead has one."""
    is_misnumbered: bool
    """A column for numbers holds one whose check digit is wrong, and none holds a right one."""
    names: tuple[str, ...]
    where: Where


def wanted(item: dict[str, Any], geography: Geography) -> Wanted:
    """Read an item. Never raises. Takes CPU: call it from a thread."""
    siren = siret = None
    misnumbered = False
    for key in _NUMBERS:
        if (value := item.get(key)) in (None, ""):
            continue
        siren, siret = _number(str(value)[:200])
        if siren is not None:
            break
        misnumbered = misnumbered or key != "rcs"
    named = (read_key(item, "nom"), item.get("raison_sociale"))
    names = dict.fromkeys(name for value in named if (name := _name(value)) is not None)
    return Wanted(
        siren=siren,
        siret=siret,
        is_misnumbered=misnumbered and siren is None,
        names=tuple(names),
        where=locate(item, geography),
    )


def _number(text: str) -> tuple[str | None, str | None]:
    """SIREN and SIRET of a cell, in any spelling. A spreadsheet drops the zeros that some begin with."""
    digits = "".join(filter(str.isdecimal, text)) if text.isascii() else ""
    if 7 <= len(digits) <= 9 and is_siren(digits.zfill(9)):
        return digits.zfill(9), None
    if 12 <= len(digits) <= 14 and is_siret(digits.zfill(14)):
        return digits.zfill(14)[:9], digits.zfill(14)
    number = next(company_numbers(fold(text)), None)
    return (number.siren, number.siret) if number is not None else (None, None)


def _name(value: Any) -> str | None:
    """A text that may be a name: it has letters or digits, and is no address of a page."""
    if not isinstance(value, str) or "://" in value or len(value) > _LONGEST_NAME:
        return None
    text = " ".join(value.split())
    return text if sum(map(len, words_of(text))) > 1 else None
