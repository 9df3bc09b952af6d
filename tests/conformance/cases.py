"""What the suite gives a module, by the key it needs. A module with a new need adds its cases here."""

from __future__ import annotations

from typing import Any

import msgspec

from contracts.manifest import ModuleSpec

Row = dict[str, Any]


class Cases(msgspec.Struct, frozen=True, kw_only=True):
    """Input rows for one key of the world in tests/world."""

    good: list[Row]
    """Rows a module finds something for."""
    missing: list[Row]
    """Rows without a usable value."""
    silent: Row
    """The other side never answers."""
    poison: list[Row]
    """The other side answers what nobody can use."""
    huge: list[Row]
    badly_encoded: list[Row]
    """Usable, although the bytes are not what they are said to be."""


def _sites(*names: str) -> list[Row]:
    return [{"nom": name, "site_web": f"https://{name}.test/", "ville": "Valmont-sur-Loire"} for name in names]


BY_NEED: dict[str, Cases] = {
    "site_web": Cases(
        good=_sites("fleurs-de-margot.valmont", "fromagerie-lachenal.valmont", "sports-loisirs-vallee"),
        missing=[
            {},
            {"nom": "A"},
            {"site_web": None},
            {"site_web": "  "},
            {"site_web": 7},
            {"url": "javascript:alert(1)"},
        ],
        silent=_sites("camping-muet.valmont")[0],
        poison=_sites(
            "forge-charabia.valmont",
            "loto-bavard.valmont",
            "tabac-coupe.valmont",
            "kebab-raccroche.valmont",
            "geometre-pdf.valmont",
            "toiletteur-vide.valmont",
            "traiteur-boucle.valmont",
            "plombier-interne.valmont",
            "adresse-privee.valmont",
        ),
        huge=_sites("musee-enorme.valmont", "mediatheque-enorme.valmont", "pharmacie-bombe.valmont"),
        badly_encoded=_sites(
            "tapissier-latin.valmont", "horloger-cp1252.valmont", "luthier-utf16.valmont", "relieur-menteur.valmont"
        ),
    )
}


def cases_for(spec: ModuleSpec) -> Cases:
    """The cases of a module's first need. Raises KeyError when this suite has none for it."""
    return BY_NEED[spec.needs[0]]
