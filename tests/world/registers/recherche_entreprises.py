"""recherche-entreprises.api.gouv.fr as its OpenAPI has it, over the invented register: `/search` and `/near_point`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from shared.web.folding import fold
from tests.world.places.api import Answer, Request, as_json, require
from tests.world.registers.api import MASK, RegisterApi
from tests.world.registers.register import Establishment, Firm

_COMMON = {"page", "per_page", "limite_matching_etablissements", "activite_principale", "minimal", "include"}
_SEARCH = {"q", "code_postal", "code_commune", "departement", "etat_administratif"} | _COMMON
_NEAR = {"lat", "long", "radius", "section_activite_principale"} | _COMMON
_WORDS = re.compile(r"[a-z0-9]+")
_KM_A_DEGREE = 111.195

Meets = Callable[[Establishment], bool]


class RechercheEntreprises(RegisterApi):
    """`fallback`: what the search of texts gives for a number that is unknown, as the real one may."""

    def __init__(self, firms: Sequence[Firm], *, limit: int = 0, window: float = 1.0, patience: int = 1) -> None:
        super().__init__(firms, limit=limit, window=window, patience=patience)
        self.fallback: list[Firm] = []

    def refuse(self, why: str) -> Answer:
        return as_json({"erreur": why}, 400)

    def answer(self, request: Request) -> Answer:
        require(request.method == "GET" and not request.body, "GET")
        require(request.headers.get("user-agent"), "a User-Agent")
        query = request.query
        page, per_page = int(query.get("page", "1")), int(query.get("per_page", "10"))
        require(1 <= per_page <= 25, "Veuillez indiquer un paramètre `per_page` entre 1 et 25, par défaut 10.")
        require(page >= 1 and page * per_page <= 10_000, "page x per_page : 10 000 au plus")
        most = int(query.get("limite_matching_etablissements", "10"))
        require(1 <= most <= 100, "limite_matching_etablissements : entre 1 et 100")
        require(request.path in ("/search", "/near_point"), f"no path {request.path}")
        found = self._search(query) if request.path == "/search" else self._near(query)
        shown = found[(page - 1) * per_page : page * per_page]
        return as_json(
            {
                "results": [company(firm, met[:most]) for firm, met in shown],
                "total_results": min(len(found), 10_000),
                "page": page,
                "per_page": per_page,
                "total_pages": math.ceil(len(found) / per_page),
            }
        )

    def _search(self, query: dict[str, str]) -> list[tuple[Firm, list[Establishment]]]:
        require(set(query) <= _SEARCH, f"paramètres inconnus {set(query) - _SEARCH}")
        q = query.get("q", "")
        number = re.sub(r"\s", "", q)
        if re.fullmatch(r"\d{9}|\d{14}", number):  # all filters are ignored
            known = self.firms.get(number[:9])
            return [(firm, firm.establishments[:1]) for firm in ([known] if known else self.fallback)]
        require(len(q) >= 3, "3 caractères minimum pour les termes de la requête (ou utilisez au moins un filtre)")
        meets = _filters(query)
        state = query.get("etat_administratif")
        words = set(_WORDS.findall(fold(q)))
        found = []
        for firm in self.firms.values():
            places = [one for one in firm.establishments if meets(one)]
            is_open = firm.closed is None
            if places and words <= _searchable(firm) and state in (None, "A" if is_open else "C"):
                found.append((firm, places))
        return sorted(found, key=lambda pair: (len(_searchable(pair[0]) - words), pair[0].siren))

    def _near(self, query: dict[str, str]) -> list[tuple[Firm, list[Establishment]]]:
        require(set(query) <= _NEAR, f"paramètres inconnus {set(query) - _NEAR}")
        lat, lon, radius = float(query["lat"]), float(query["long"]), float(query.get("radius", "5"))
        require(-90 <= lat <= 90, "Veuillez indiquer une latitude entre -90° et 90°.")
        require(-180 <= lon <= 180, "Veuillez indiquer une longitude entre -180° et 180°.")
        require(0.001 <= radius <= 50, "Veuillez indiquer un radius entre 0.001 et 50 (en km).")
        shown = (firm for firm in self.firms.values() if firm.diffusion == "O")
        met = ((firm, [one for one in firm.establishments if _km(one, lat, lon) <= radius]) for firm in shown)
        return [(firm, places) for firm, places in met if places]


def _filters(query: dict[str, str]) -> Meets:
    postcodes, departments = _list(query, "code_postal", r"\d{5}"), _list(query, "departement", r"\d\d|2[AB]|97[1-6]")
    communes = _list(query, "code_commune", r"\d[\dAB]\d{3}")

    def meets(one: Establishment) -> bool:
        department = one.commune[:3] if one.commune.startswith("97") else one.commune[:2]
        wanted = ((postcodes, one.postcode), (departments, department), (communes, one.commune))
        return all(value in values for values, value in wanted if values)

    return meets


def _list(query: dict[str, str], name: str, form: str) -> list[str]:
    values = query[name].split(",") if name in query else []
    require(all(re.fullmatch(form, value) for value in values), f"Au moins une valeur de {name} est non valide.")
    return values


def _searchable(firm: Firm) -> set[str]:
    """Names, the places, and who leads it; of who opposes publication, a company's name alone."""
    texts = firm.names if firm.diffusion == "O" else [firm.name]
    if firm.diffusion == "O":
        texts = texts + [f"{one.surname} {one.first_names}" for one in firm.directors]
        texts += [f"{one.address} {one.postcode} {one.town}" for one in firm.establishments]
    return {word for text in texts for word in _WORDS.findall(fold(text))}


def _km(one: Establishment, lat: float, lon: float) -> float:
    if one.position is None:
        return math.inf
    north, east = one.position[0] - lat, (one.position[1] - lon) * math.cos(math.radians(lat))
    return _KM_A_DEGREE * math.hypot(north, east)


def company(firm: Firm, met: Sequence[Establishment]) -> dict[str, Any]:
    """One of `results`."""
    hidden = firm.diffusion == "P"
    person = f"{firm.person.usual_first_name} {firm.person.surname}".upper() if firm.person else None
    base = firm.name or person or ""
    brackets = "".join(f" ({part})" for part in (firm.usual_name, firm.acronym) if part)
    hide_name = hidden and firm.person is not None
    state = "A" if firm.closed is None else "C"
    return {
        "siren": firm.siren,
        "nom_complet": MASK if hide_name else (base + brackets).upper(),
        "nom_raison_sociale": MASK if hide_name else firm.name or None,
        "sigle": MASK if hidden else firm.acronym or None,
        "nombre_etablissements": len(firm.establishments),
        "nombre_etablissements_ouverts": sum(one.open for one in firm.establishments),
        "siege": _establishment(firm, firm.seat, hidden=hidden),
        "activite_principale": firm.naf,
        "categorie_entreprise": None,
        "date_creation": firm.created,
        "date_fermeture": firm.closed,
        "date_mise_a_jour": "2026-11-20T04:12:00",
        "dirigeants": [_director(one, hidden=hidden) for one in firm.directors],
        "etat_administratif": state,
        "nature_juridique": firm.legal_form,
        "tranche_effectif_salarie": firm.headcount,
        "annee_tranche_effectif_salarie": str(firm.headcount_year) if firm.headcount_year else None,
        "statut_diffusion": firm.diffusion,
        "finances": {str(one.year): {"ca": one.turnover, "resultat_net": one.net_result} for one in firm.accounts}
        or None,
        "matching_etablissements": [_establishment(firm, one, hidden=hidden) for one in met],
    }


def _director(one: Any, *, hidden: bool) -> dict[str, Any]:
    if one.company:
        of_company = {"type_dirigeant": "personne morale", "siren": one.siren, "denomination": one.company}
        return {**of_company, "sigle": None, "qualite": one.role}
    return {
        "type_dirigeant": "personne physique",
        "nom": MASK if hidden else one.surname.upper(),
        "prenoms": MASK if hidden else one.first_names.upper(),
        "annee_de_naissance": MASK if hidden else one.born[:4] or None,
        "date_de_naissance": MASK if hidden else one.born or None,
        "qualite": one.role,
        "nationalite": "Française",
    }


def _establishment(firm: Firm, one: Establishment, *, hidden: bool) -> dict[str, Any]:
    lat, lon = (str(value) for value in one.position) if one.position else (None, None)
    return {
        "siret": firm.siret(one),
        "adresse": MASK if hidden else f"{one.address} {one.postcode} {one.town}",
        "code_postal": MASK if hidden else one.postcode,
        "commune": one.commune,
        "libelle_commune": one.town,
        "latitude": MASK if hidden else lat,  # text, as the API has it
        "longitude": MASK if hidden else lon,
        "activite_principale": firm.naf,
        "etat_administratif": "A" if one.open else "F",
        "est_siege": one.seat,
        "liste_enseignes": ([MASK] * len(one.signs) if hidden else one.signs) or None,
        "nom_commercial": firm.usual_name or None if one.seat and not hidden else None,
    }
