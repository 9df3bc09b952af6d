"""What the registers' codes mean, in French.

Sources: Insee, nomenclature des catégories juridiques (level III), NAF rev. 2 and the headcount bands of the Sirene
register, all Licence Ouverte 2.0. The usual legal forms go by the short names everybody uses, as in legal_mentions.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from shared.legal.naf import naf_labels

_HEADCOUNTS = {
    "NN": "Non employeur",
    "00": "0 salarié",
    "01": "1 ou 2 salariés",
    "02": "3 à 5 salariés",
    "03": "6 à 9 salariés",
    "11": "10 à 19 salariés",
    "12": "20 à 49 salariés",
    "21": "50 à 99 salariés",
    "22": "100 à 199 salariés",
    "31": "200 à 249 salariés",
    "32": "250 à 499 salariés",
    "41": "500 à 999 salariés",
    "42": "1 000 à 1 999 salariés",
    "51": "2 000 à 4 999 salariés",
    "52": "5 000 à 9 999 salariés",
    "53": "10 000 salariés et plus",
}


def legal_form(code: str | None) -> str | None:
    """`5710` → SAS. None for a code that is not in the list."""
    return _legal_forms().get(code or "")


def naf_label(code: str | None) -> str | None:
    """`10.71C` → Boulangerie et boulangerie-pâtisserie. None for a code of another revision."""
    return naf_labels().get(code or "")


def headcount(code: str | None) -> str | None:
    """`12` → 20 à 49 salariés; NN: no employees in the year, or none known of."""
    return _HEADCOUNTS.get(code or "")


@cache
def _legal_forms() -> dict[str, str]:
    text = files(__package__).joinpath("legal_forms.tsv").read_text("utf-8")
    pairs = (line.partition("\t") for line in text.splitlines())
    return {code: label for code, _, label in pairs}
