"""recherche-entreprises.api.gouv.fr as its OpenAPI has it: `/near_point` and `/search`."""

from __future__ import annotations

import math
import re
from typing import Any

from services.scrap.queries.words import fold
from tests.world.places.api import Answer, FakeApi, Request, as_json, require
from tests.world.places.town import Business

_NAF = re.compile(r"\d\d\.\d\d[A-Z]")
_NEAR = frozenset(
    [
        "lat",
        "long",
        "radius",
        "activite_principale",
        "section_activite_principale",
        "page",
        "per_page",
        "limite_matching_etablissements",
    ]
)
_SEARCH = frozenset(
    ["q", "activite_principale", "code_commune", "code_postal", "departement", "etat_administratif", "page", "per_page"]
)


class RechercheEntreprises(FakeApi):
    """The businesses as the register has them; a business is a company of one establishment."""

    def __init__(self, businesses: list[Business], commune: str = "37261") -> None:
        super().__init__()
        self._businesses = businesses
        self._commune = commune

    def answer(self, request: Request) -> Answer:
        require(request.method == "GET" and not request.body, "GET")
        require(request.headers.get("user-agent"), "a User-Agent")
        query = request.query
        page, per_page = int(query.get("page", "1")), int(query.get("per_page", "10"))
        require(1 <= per_page <= 25, "per_page : la valeur maximale est 25")
        require(page * per_page <= 10_000, "page x per_page : 10 000 au plus")
        match request.path:
            case "/near_point":
                found = self._near(query)
            case "/search":
                found = self._search(query)
            case other:
                require(False, f"no path {other}")
                raise AssertionError
        results = [_company(one, self._commune) for one in found[(page - 1) * per_page : page * per_page]]
        pages = math.ceil(len(found) / per_page)
        total = min(len(found), 10_000)
        answer = {"results": results, "total_results": total, "page": page, "per_page": per_page, "total_pages": pages}
        return as_json(answer)

    def refuse(self, why: str) -> Answer:
        return as_json({"erreur": why}, 400)

    def _near(self, query: dict[str, str]) -> list[Business]:
        require(set(query) <= _NEAR, f"paramètres inconnus {set(query) - _NEAR}")
        radius = float(query.get("radius", "5"))
        require(0.001 <= radius <= 50, "radius : entre 0.001 et 50")
        require(1 <= int(query.get("limite_matching_etablissements", "10")) <= 100, "limite_matching_etablissements")
        codes = query.get("activite_principale", "").split(",")
        require(all(map(_NAF.fullmatch, codes)), f"activite_principale {codes}")
        lat, lon = float(query["lat"]), float(query["long"])
        return [one for one in self._businesses if one.naf in codes and _km(one, lat, lon) <= radius]

    def _search(self, query: dict[str, str]) -> list[Business]:
        require(set(query) <= _SEARCH, f"paramètres inconnus {set(query) - _SEARCH}")
        require(len(query.get("q", "")) >= 3, "3 caractères minimum pour les termes de la requête")
        require(all(re.fullmatch(r"\d[\dAB]\d{3}", code) for code in query["code_commune"].split(",")), "code_commune")
        if self._commune not in query["code_commune"].split(","):
            return []
        words = fold(query["q"])
        return [one for one in self._businesses if words in fold(one.name)]


def _km(one: Business, lat: float, lon: float) -> float:
    north = (one.lat - lat) * 111.195
    return math.hypot(north, (one.lon - lon) * 111.195 * math.cos(math.radians(lat)))


def _company(one: Business, commune: str) -> dict[str, Any]:
    establishment = {
        "siret": one.siret,
        "adresse": f"{one.house} {one.street.upper()} 37000 TOURS",
        "code_postal": "37000",
        "commune": commune,
        "libelle_commune": "TOURS",
        "latitude": str(one.lat),  # text, as the API has it
        "longitude": str(one.lon),
        "activite_principale": one.naf,
        "etat_administratif": "F" if one.number % 50 == 0 else "A",
        "liste_enseignes": [one.name.upper()] if one.number % 2 else None,
        "est_siege": True,
    }
    return {
        "siren": one.siret[:9],
        "nom_complet": one.name.upper(),
        "nom_raison_sociale": one.name.upper(),
        "nombre_etablissements": 1,
        "activite_principale": one.naf,
        "siege": establishment,
        "matching_etablissements": [establishment],
    }
