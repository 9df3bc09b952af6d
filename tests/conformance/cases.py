"""What the suite gives a module, by the key it needs. A module with a new need adds its cases here."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec

from contracts.manifest import ModuleSpec
from tests.world.registers.odd import HUGE, POISON, SILENT

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
    malformed_is_an_answer: bool = False
    """Whether a value that is none of its kind is what the module is asked about: then a row says so."""


def _sites(*names: str) -> list[Row]:
    return [{"nom": name, "site_web": f"https://{name}.test/", "ville": "Valmont-sur-Loire"} for name in names]


def _emails(*addresses: str) -> list[Row]:
    return [{"nom": "Lemoine", "email": address, "ville": "Valmont-sur-Loire"} for address in addresses]


_SITES = Cases(
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
_EMAILS = Cases(
    good=_emails("marie@boulangerie.test", "zoe@boulangerie.test", "Contact@Coiffeur.test", "marie@attrape-tout.test"),
    missing=[{}, {"nom": "A"}, {"email": None}, {"email": "  "}, {"mail": 7}],
    silent=_emails("marie@lent.test")[0],
    poison=_emails(
        "marie@bruit.test",
        "marie@sourd.test",
        "marie@brusque.test",
        "marie@coupe.test",
        "marie@refus.test",
        "marie@prive.test",
        "marie@panne-dns.test",
        "marie@inconnu.test",
        "marie@@boulangerie.test",
    ),
    huge=_emails("marie@bavard.test", f"{'m' * 3000}@boulangerie.test"),
    badly_encoded=_emails("\ufeffmarie@boulangerie.test", "jérôme@boulangerie.test", "marie@m\xfcller.test"),
    malformed_is_an_answer=True,
)
_COMPANIES = Cases(
    good=[
        {"nom": "Au Pain d'Antan", "code_postal": "37000", "telephone": "0247000000"},
        {"nom": "L’Écluse et fils", "ville": "Nantes"},
        {"nom": "Transports Rousselot", "siren": "000001131"},
    ],
    missing=[{}, {"nom": None}, {"nom": "  "}, {"nom": 7}, {"name": "\u0000"}, {"ville": "Tours"}],
    silent={"nom": SILENT},
    poison=[{"nom": name} for name in POISON],
    huge=[{"nom": HUGE}],
    badly_encoded=[
        {"nom": "\ufeffAu Pain d\x92Antan", "code_postal": "37000"},
        {"nom": unicodedata.normalize("NFD", "L'Écluse & Fils"), "ville": "NANTES"},
        {"nom": "Transports\u00a0Rousselot", "code_postal": "45000"},
    ],
)
BY_NEED: dict[str, Cases] = {
    "email": _EMAILS,
    "nom": _COMPANIES,
    "site_web": _SITES,
    "lien_google_maps": msgspec.structs.replace(
        _SITES, good=_sites("cabinet-durand.valmont", "hotel-du-chateau.valmont", "bistrot-des-quais.valmont")
    ),
}


def cases_for(spec: ModuleSpec) -> Cases:
    """The cases of what a module reads first. Raises KeyError when this suite has none for it."""
    return BY_NEED[spec.reads[0]]
