"""The register of companies of Insee, Sirene 3.11, with a key of one's own: 30 requests a minute.

An answer is an envelope of `header` and `uniteLegale` or `etablissements`; what changes in a company's life stands in
periods, the latest first. Nothing found is 404 in the same envelope. A company that was merged into another (or
registered twice) answers 301 with the successor's address: as far as its documentation says, none of ours was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from services.legal_data.asked import Asked
from services.legal_data.company import Company, Establishment
from services.legal_data.values import iso_date, said, year
from shared.net.answers import Answers
from shared.net.api_client import ApiClient, ApiError, Query
from shared.net.upstream import Quotas, UpstreamGuard
from shared.settings import Settings
from shared.web.folding import fold

_Form = TypeVar("_Form", bound=msgspec.Struct)
_KEY_HEADER = "X-INSEE-Api-Key-Integration"
_MOST = 20
"""Establishments of one search."""
_POSTCODE = re.compile(r"\d{5}")
_DEPARTMENT = re.compile(r"\d\d|2[AB]|97\d")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_SUCCESSOR = re.compile(r"/siren/(\d{9})\b")


class _Unit(msgspec.Struct, rename="camel"):
    """An `uniteLegale`, flat as an establishment carries it; of a company alone, the rest is in its periods."""

    siren: str | None = None
    date_creation_unite_legale: str | None = None
    date_cessation_unite_legale: str | None = None
    date_dernier_traitement_unite_legale: str | None = None
    tranche_effectifs_unite_legale: str | None = None
    annee_effectifs_unite_legale: str | int | None = None
    sigle_unite_legale: str | None = None
    prenom1_unite_legale: str | None = msgspec.field(default=None, name="prenom1UniteLegale")
    prenom_usuel_unite_legale: str | None = None
    etat_administratif_unite_legale: str | None = None
    denomination_unite_legale: str | None = None
    denomination_usuelle1_unite_legale: str | None = msgspec.field(default=None, name="denominationUsuelle1UniteLegale")
    nom_unite_legale: str | None = None
    nom_usage_unite_legale: str | None = None
    categorie_juridique_unite_legale: str | int | None = None
    activite_principale_unite_legale: str | None = None
    nic_siege_unite_legale: str | None = None
    date_debut: str | None = None
    periodes_unite_legale: list[_Unit] = []


class _Address(msgspec.Struct, rename="camel"):
    numero_voie_etablissement: str | int | None = None
    indice_repetition_etablissement: str | None = None
    type_voie_etablissement: str | None = None
    libelle_voie_etablissement: str | None = None
    code_postal_etablissement: str | None = None
    libelle_commune_etablissement: str | None = None


class _Period(msgspec.Struct, rename="camel"):
    etat_administratif_etablissement: str | None = None
    activite_principale_etablissement: str | None = None
    denomination_usuelle_etablissement: str | None = None
    enseigne1_etablissement: str | None = msgspec.field(default=None, name="enseigne1Etablissement")
    enseigne2_etablissement: str | None = msgspec.field(default=None, name="enseigne2Etablissement")
    enseigne3_etablissement: str | None = msgspec.field(default=None, name="enseigne3Etablissement")


class _Establishment(msgspec.Struct, rename="camel"):
    siren: str
    siret: str
    etablissement_siege: bool = False
    unite_legale: _Unit = msgspec.field(default_factory=_Unit)
    adresse_etablissement: _Address = msgspec.field(default_factory=_Address)
    periodes_etablissement: list[_Period] = []


class _OfCompany(msgspec.Struct, rename="camel"):
    unite_legale: _Unit


class _OfEstablishment(msgspec.Struct):
    etablissement: _Establishment


class _Found(msgspec.Struct):
    etablissements: list[_Establishment]


class Insee:
    """Any number of concurrent questions; each is asked in its turn. All raise ApiError."""

    def __init__(self, settings: Settings, quotas: Quotas | None, answers: Answers | None) -> None:
        guard = UpstreamGuard("insee", rate=settings.insee_rate, quotas=quotas)
        self._api = ApiClient(settings, settings.insee_url, name="Insee", guard=guard)
        self._headers = {_KEY_HEADER: settings.insee_key}
        self._asked = Asked("insee", answers)

    async def by_siren(self, siren: str) -> Company | None:
        """The company with this number. For one that was merged, its successor: see the answer's own `siren`.

        Of the seat the SIRET alone is known.
        """

        async def ask() -> list[Company]:
            unit = await self._unit(siren)
            return [] if unit is None else [_company(unit, unit.siren or siren)]

        return next(iter(await self._asked.companies(f"siren {siren}", ask)), None)

    async def by_siret(self, siret: str) -> Company | None:
        """The company of an establishment, which is in `establishments` with its address."""

        async def ask() -> list[Company]:
            answer = await self._get(f"/siret/{siret}", None, _OfEstablishment)
            return [] if answer is None else _companies([answer.etablissement])

        return next(iter(await self._asked.companies(f"siret {siret}", ask)), None)

    async def search(
        self, name: str, *, postcodes: Sequence[str] = (), departments: Sequence[str] = ()
    ) -> list[Company]:
        """Those called so, or that have a sign of this name; with the establishments that were met."""
        words = _NOT_A_WORD.sub(" ", fold(name)).strip().upper()
        if not words:
            return []
        query: Query = {"q": _condition(words, postcodes, departments), "nombre": _MOST}

        async def ask() -> list[Company]:
            answer = await self._get("/siret", query, _Found)
            return [] if answer is None else _companies(answer.etablissements)

        return await self._asked.companies(f"search {query['q']}", ask)

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _unit(self, siren: str) -> _Unit | None:
        try:
            answer = await self._get(f"/siren/{siren}", None, _OfCompany)
        except ApiError as error:
            # Only the number is taken from where it points: the request stays within the API.
            successor = _SUCCESSOR.search(error.location) if error.status == 301 else None
            if successor is None or successor[1] == siren:
                raise
            answer = await self._get(f"/siren/{successor[1]}", None, _OfCompany)
        return None if answer is None else answer.unite_legale

    async def _get(self, path: str, query: Query | None, form: type[_Form]) -> _Form | None:
        """None for 404: nothing is known."""
        try:
            return msgspec.convert(await self._api.get(path, query, headers=self._headers), form)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        except msgspec.ValidationError:
            raise ApiError("unexpected", "Insee answered in a form that is not its own.") from None


def _condition(words: str, postcodes: Iterable[str], departments: Iterable[str]) -> str:
    """Insee's query language; `words` are plain letters and digits. Signs belong to periods."""
    of_company = ("denominationUniteLegale", "denominationUsuelle1UniteLegale", "sigleUniteLegale", "nomUniteLegale")
    names = [f'{field}:"{words}"' for field in of_company]
    names += [f'periode({field}:"{words}")' for field in ("enseigne1Etablissement", "denominationUsuelleEtablissement")]
    places = [f"codePostalEtablissement:{code}" for code in dict.fromkeys(postcodes) if _POSTCODE.fullmatch(code)]
    places += [
        f"codeCommuneEtablissement:{code}*" for code in dict.fromkeys(departments) if _DEPARTMENT.fullmatch(code)
    ]
    return " AND ".join(f"({' OR '.join(some)})" for some in (names, places) if some)


def _companies(establishments: Iterable[_Establishment]) -> list[Company]:
    """One of each company, in the order they were found."""
    by_siren: dict[str, list[_Establishment]] = {}
    for one in establishments:
        by_siren.setdefault(one.siren, []).append(one)
    return [
        _company(ones[0].unite_legale, siren, tuple(_establishment(one) for one in ones))
        for siren, ones in by_siren.items()
    ]


def _company(unit: _Unit, siren: str, establishments: tuple[Establishment, ...] = ()) -> Company:
    now = unit.periodes_unite_legale[0] if unit.periodes_unite_legale else unit
    is_open = {"A": True, "C": False}.get(now.etat_administratif_unite_legale or "")
    nic = said(now.nic_siege_unite_legale) or said(unit.nic_siege_unite_legale)
    seat = next((one for one in establishments if one.is_seat), None)
    usual = said(now.denomination_usuelle1_unite_legale)
    form = now.categorie_juridique_unite_legale
    return Company(
        siren=siren,
        register="insee",
        updated_at=unit.date_dernier_traitement_unite_legale,
        name=said(now.denomination_unite_legale) or _person(unit, now),
        other_names=(usual,) if usual else (),
        acronym=said(unit.sigle_unite_legale),
        legal_form=str(form) if form else None,
        naf=said(now.activite_principale_unite_legale),
        headcount=said(unit.tranche_effectifs_unite_legale),
        headcount_year=year(unit.annee_effectifs_unite_legale),
        created=iso_date(unit.date_creation_unite_legale),
        closed=iso_date(unit.date_cessation_unite_legale or now.date_debut) if is_open is False else None,
        is_open=is_open,
        seat=seat or (Establishment(siret=siren + nic, is_seat=True) if nic else None),
        establishments=establishments,
    )


def _person(unit: _Unit, now: _Unit) -> str | None:
    """First name in use and surname of a sole trader; nothing when either is hidden."""
    first = said(unit.prenom_usuel_unite_legale) or said(unit.prenom1_unite_legale)
    surname = said(now.nom_usage_unite_legale) or said(now.nom_unite_legale)
    return f"{first} {surname}" if first and surname else None


def _establishment(one: _Establishment) -> Establishment:
    now = one.periodes_etablissement[0] if one.periodes_etablissement else _Period()
    place = one.adresse_etablissement
    street = (
        place.numero_voie_etablissement,
        place.indice_repetition_etablissement,
        place.type_voie_etablissement,
        place.libelle_voie_etablissement,
    )
    signs = (
        now.enseigne1_etablissement,
        now.enseigne2_etablissement,
        now.enseigne3_etablissement,
        now.denomination_usuelle_etablissement,
    )
    return Establishment(
        siret=one.siret,
        address=" ".join(part for each in street if each and (part := said(str(each)))) or None,
        postcode=said(place.code_postal_etablissement),
        town=said(place.libelle_commune_etablissement),
        is_open={"A": True, "F": False}.get(now.etat_administratif_etablissement or ""),
        is_seat=one.etablissement_siege,
        naf=said(now.activite_principale_etablissement),
        trade_names=tuple(dict.fromkeys(name for sign in signs if (name := said(sign)))),
    )
