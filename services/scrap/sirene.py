"""The public register of French companies, through recherche-entreprises.api.gouv.fr (Licence Ouverte 2.0, no key).

It knows names, addresses and activities, no sites and no phones. The NAF filter applies to the company; its
establishments in reach are in `matching_etablissements`, their coordinates as text.
"""

from __future__ import annotations

import msgspec

from services.scrap.communes import Communes
from services.scrap.queries.meaning import meaning
from services.scrap.queries.words import fold
from services.scrap.source import Found, Place
from shared.geography.tile import Tile
from shared.legal.naf import naf_labels
from shared.modulekit.api_failures import api_failure
from shared.modulekit.errors import Permanent
from shared.net.api_client import ApiError, Query
from shared.net.upstream import Quotas
from shared.place_sources import ATTRIBUTIONS
from shared.recherche_entreprises import recherche_entreprises
from shared.settings import Settings

PER_PAGE = 25
_MAX_PAGES = 20
"""After five hundred companies a tile is capped and split: its parts can be had side by side, and done again alone."""
_MAX_RADIUS_KM = 50.0
_SAMPLES = 5
"""Points a side at which a tile is asked which communes it touches."""
_MIN_QUERY = 3
"""Shorter texts are refused."""


class _Establishment(msgspec.Struct):
    siret: str
    adresse: str | None = None
    code_postal: str | None = None
    libelle_commune: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    activite_principale: str | None = None
    etat_administratif: str | None = None
    liste_enseignes: list[str] | None = None
    nom_commercial: str | None = None


class _Company(msgspec.Struct):
    nom_complet: str | None = None
    nom_raison_sociale: str | None = None
    matching_etablissements: list[_Establishment] = []


class _Answer(msgspec.Struct):
    results: list[_Company]
    total_pages: int = 1


class SireneSource:
    """By activity around the tile where the query has NAF codes, else by name in its communes."""

    name = "sirene"
    attribution = ATTRIBUTIONS["sirene"]
    offers_reviews = False

    def __init__(self, settings: Settings, quotas: Quotas | None, communes: Communes) -> None:
        self._api = recherche_entreprises(settings, quotas)
        self._communes = communes

    async def search(self, query: str, tile: Tile, *, first_page_only: bool, reviews: bool) -> Found:
        """See Source. There are no reviews."""
        wanted = meaning(query)
        if wanted.naf:
            return await self._pages("/near_point", _near(tile, wanted.naf), tile, first_page_only)
        communes = self._touched(tile)
        if len(wanted.name) < _MIN_QUERY or not communes:
            return Found([], attempts=0)
        by_name: Query = {"q": query, "code_commune": ",".join(communes), "etat_administratif": "A"}
        return await self._pages("/search", by_name, tile, first_page_only)

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _pages(self, path: str, query: Query, tile: Tile, first_page_only: bool) -> Found:
        found: dict[str, Place] = {}
        page, last = 0, 1
        while page < min(last, 1 if first_page_only else _MAX_PAGES):
            page += 1
            answer = await self._page(path, {**query, "page": page, "per_page": PER_PAGE})
            last = answer.total_pages
            for company in answer.results:
                for one in company.matching_etablissements:
                    if (place := _place(company, one, tile)) is not None:
                        found[place.place_id] = place
        return Found([found[key] for key in sorted(found)], capped=page < last, attempts=page)

    async def _page(self, path: str, query: Query) -> _Answer:
        try:
            return msgspec.convert(await self._api.get(path, query), _Answer)
        except ApiError as error:
            raise api_failure(error) from None
        except msgspec.ValidationError:
            message = "recherche-entreprises answered in a form that is not its own."
            raise Permanent("unexpected_answer", message) from None

    def _touched(self, tile: Tile) -> list[str]:
        """The INSEE codes of the tile's communes, as far as a grid of points meets them."""
        south, west, north, east = tile.bbox
        steps = [(number + 0.5) / _SAMPLES for number in range(_SAMPLES)]
        points = [(south + y * (north - south), west + x * (east - west)) for y in steps for x in steps]
        communes = (self._communes.commune_at(lat, lon) for lat, lon in [tile.centre, *points])
        return sorted({commune.insee for commune in communes if commune is not None})


def _near(tile: Tile, naf: list[str]) -> Query:
    lat, lon = tile.centre
    return {
        "lat": round(lat, 6),
        "long": round(lon, 6),
        "radius": round(min(tile.radius / 1000, _MAX_RADIUS_KM), 3),
        "activite_principale": ",".join(naf),
        "limite_matching_etablissements": 100,
    }


def _place(company: _Company, one: _Establishment, tile: Tile) -> Place | None:
    """None for what is closed, has no position, or lies in another tile."""
    try:
        lat, lon = float(one.latitude or ""), float(one.longitude or "")
    except ValueError:
        return None
    if one.etat_administratif not in (None, "A") or not tile.contains(lat, lon):
        return None
    signs = [sign for sign in one.liste_enseignes or [] if sign]
    return Place(
        place_id=f"sirene:{one.siret}",
        source="sirene",
        name=next(iter(signs), None) or one.nom_commercial or company.nom_complet or company.nom_raison_sociale,
        address=_street(one),
        city=one.libelle_commune,
        postcode=one.code_postal,
        lat=lat,
        lon=lon,
        category=naf_labels().get(one.activite_principale or ""),
    )


def _street(one: _Establishment) -> str | None:
    """The address without the postcode and town it ends with."""
    if not one.adresse:
        return None
    end = one.adresse.rfind(f" {one.code_postal} ") if one.code_postal else -1
    street = one.adresse[:end] if end > 0 else one.adresse
    return street.strip() if fold(street) else None
