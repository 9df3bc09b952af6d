"""Golden cases of legal_data's matching: a lead, what the register answers, and which company it is or why none is named."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from services.legal_data import recherche_entreprises as source
from services.legal_data.company import Company
from services.legal_data.finding import chosen
from services.legal_data.locate import locate
from services.legal_data.matching import choose
from shared.geography import Geography
from shared.legal.numbers import is_siren

FOLDER = Path(__file__).parent / "legal_data"
_FIRST_SIREN = 95_000_000
"""Above it no number had been given out when these cases were written."""


class RegisterCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`register`: results of recherche-entreprises by a letter, in short: `adresse` stands for the seat,
    `etablissements` for those that the search met beside it; what is not said is an open SARL."""

    name: str
    given: dict[str, Any]
    expect: Literal["A", "B", "C", "not_found", "ambiguous"]
    register: dict[str, dict[str, Any]] = {}
    trap: bool = False
    """Whether something looks right and is not."""
    siret: int | None = None
    """Where it matters, which of the expected company's establishments it is: 1 the seat, 2 the first of the others."""
    family: str = ""
    written_after: bool = False
    """After the rules were frozen, see docs/accuracy.md."""

    def candidates(self) -> list[Company]:
        return [self.company(letter) for letter in self.register]

    def company(self, letter: str) -> Company:
        return source._company(msgspec.convert(self.answer(letter), source._Company))

    def siren(self, letter: str) -> str:
        """A number with the right check digit, the same for a case and letter at any time."""
        seed = _FIRST_SIREN + sum(map(ord, self.family + self.name)) * 100 + ord(letter)
        return next(siren for digit in range(10) if is_siren(siren := f"{seed}{digit}"))

    def answer(self, letter: str) -> dict[str, Any]:
        """The company as the register answers it."""
        short = dict(self.register[letter])
        siren = self.siren(letter)
        seat = _establishment(siren, 1, short) | {"est_siege": True}
        others = [_establishment(siren, number, one) for number, one in enumerate(short.pop("etablissements", []), 2)]
        at_seat = [one for one in others if one["adresse"] == seat["adresse"]]
        for one in at_seat:  # the register answers a seat that the search met twice
            others[others.index(one)] = seat = one | {"siret": seat["siret"], "est_siege": True}
        whole = short["nom_complet"]
        defaults = {
            "nature_juridique": "5499",
            "etat_administratif": "A",
            "nom_raison_sociale": whole.partition(" (")[0],
        }
        for key in ("adresse", "latitude", "longitude"):
            short.pop(key, None)
        return defaults | short | {"siren": siren, "siege": seat, "matching_etablissements": others}


def _establishment(siren: str, number: int, short: dict[str, Any]) -> dict[str, Any]:
    address = short["adresse"]
    _, postcode, town = address.rpartition(
        next(word for word in address.split() if len(word) == 5 and word.isdecimal())
    )
    standing = {"etat_administratif": "F" if short.get("etat_administratif") in ("C", "F") else "A"}
    kept = {
        key: short[key]
        for key in ("adresse", "latitude", "longitude", "liste_enseignes", "nom_commercial")
        if key in short
    }
    naf = {"activite_principale": short["activite_principale"]} if "activite_principale" in short else {}
    return (
        {"siret": f"{siren}{number:05}", "code_postal": postcode, "libelle_commune": town.strip()}
        | standing
        | kept
        | naf
    )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    family: str
    case: list[RegisterCase]
    written_after: bool = False


@cache
def load() -> tuple[RegisterCase, ...]:
    """Every case, by file name and then in the file's order."""
    files = [msgspec.toml.decode(path.read_bytes(), type=_File) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(
        msgspec.structs.replace(case, family=case.family or one.family, written_after=one.written_after)
        for one in files
        for case in one.case
    )


def outcome(case: RegisterCase, order: list[str] | None = None) -> tuple[str, int | None]:
    """The letter of the chosen company or the refusal, and which of its establishments is named."""
    where = locate(case.given, Geography.load())
    choice = choose(case.given["nom"], where, [case.company(letter) for letter in order or case.register])
    if choice.best is None:
        return choice.refusal or "", None
    found = chosen(choice.best, choice, where, "name")
    letter = next(letter for letter in case.register if case.siren(letter) == choice.best.company.siren)
    return letter, int(found.place.siret[9:]) if found.place is not None else None
