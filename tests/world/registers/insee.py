"""Insee's Sirene 3.11 over the invented register: `/siren/{siren}`, `/siret/{siret}` and `/siret?q=`."""

from __future__ import annotations

import re
from typing import Any

from shared.web.folding import fold
from tests.world.places.api import Answer, Request, as_json, require
from tests.world.registers.api import INSEE_MASK, RegisterApi
from tests.world.registers.register import Establishment, Firm

KEY = "11111111-2222-3333-4444-555555555555"
_CONDITION = re.compile(
    r'\((?P<names>(?:(?:periode\()?\w+:"[A-Z0-9 ]+"\)?(?: OR )?)+)\)'
    r"(?: AND \((?P<places>(?:code(?:Postal|Commune)Etablissement:[\dAB*]+(?: OR )?)+)\))?"
)
_NAME = re.compile(r'\w+:"([A-Z0-9 ]+)"')
_PLACE = re.compile(r"code(Postal|Commune)Etablissement:([\dAB]+)\*?")


class Insee(RegisterApi):
    """The part of its query language that is understood: names in quotes, then postcodes or the starts of communes."""

    def refuse(self, why: str) -> Answer:
        return _envelope(400, why)

    def too_many(self) -> Answer:
        return _envelope(429, "Quota dépassé")

    def answer(self, request: Request) -> Answer:
        require(request.method == "GET" and not request.body, "GET")
        if request.headers.get("x-insee-api-key-integration") != KEY:
            return as_json({"http_status_code": 401, "message": "Unauthorized"}, 401)
        match request.path.removeprefix("/api-sirene/3.11").strip("/").split("/"):
            case ["siren", siren] if re.fullmatch(r"\d{9}", siren):
                return self._company(siren)
            case ["siret", siret] if re.fullmatch(r"\d{14}", siret):
                firm = self.firms.get(siret[:9])
                one = next((one for one in firm.establishments if firm.siret(one) == siret), None) if firm else None
                if firm is None or one is None:
                    return _envelope(404, f"Aucun élément trouvé pour le siret {siret}")
                return _envelope(200, "ok", etablissement=_establishment(firm, one))
            case ["siret"]:
                return self._search(request.query)
            case _:
                return _envelope(404, "no such path")

    def _company(self, siren: str) -> Answer:
        firm = self.firms.get(siren)
        if firm is None:
            return _envelope(404, f"Aucun élément trouvé pour le siren {siren}")
        if firm.successor:
            answer = _envelope(301, f"Unité légale {siren} fermée pour cause de doublon")
            answer.headers["Location"] = f"/api-sirene/3.11/siren/{firm.successor}"
            return answer
        unit = _unit(firm)
        period = {name: unit.pop(name) for name in _PERIODIC if name in unit}
        older = {**period, "dateFin": "2019-12-31", "dateDebut": firm.created, "denominationUniteLegale": "ANCIEN NOM"}
        latest = {**period, "dateFin": None, "dateDebut": firm.closed or "2020-01-01"}
        unit |= {"siren": siren, "nombrePeriodesUniteLegale": 2, "periodesUniteLegale": [latest, older]}
        return _envelope(200, "ok", uniteLegale=unit)

    def _search(self, query: dict[str, str]) -> Answer:
        require(set(query) <= {"q", "nombre", "debut"}, f"paramètres inconnus {set(query)}")
        most = int(query.get("nombre", "20"))
        require(1 <= most <= 1000, "nombre")
        condition = _CONDITION.fullmatch(query["q"])
        require(condition, f"Erreur de syntaxe dans le paramètre q : {query['q']}")
        assert condition is not None
        [name] = set(_NAME.findall(condition["names"]))
        places = _PLACE.findall(condition["places"] or "")
        found = [
            _establishment(firm, one)
            for firm in self.firms.values()
            for one in firm.establishments
            if any(name in _plain(known) for known in (firm.name, firm.usual_name, firm.acronym, *one.signs))
            and (not places or any(_in(one, kind, code) for kind, code in places))
        ]
        if not found:
            return _envelope(404, "Aucun élément trouvé")
        return _envelope(200, "ok", etablissements=found[:most])


_PERIODIC = (
    "etatAdministratifUniteLegale",
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
    "categorieJuridiqueUniteLegale",
    "activitePrincipaleUniteLegale",
    "nicSiegeUniteLegale",
)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(text))).upper()


def _in(one: Establishment, kind: str, code: str) -> bool:
    return (one.postcode if kind == "Postal" else one.commune).startswith(code)


def _envelope(status: int, message: str, **body: Any) -> Answer:
    return as_json({"header": {"statut": status, "message": message}, **body}, status)


def _unit(firm: Firm) -> dict[str, Any]:
    hidden = firm.diffusion == "P"
    person = firm.person

    def shown(text: str | None) -> str | None:
        return (INSEE_MASK if hidden else text) if text else None

    return {
        "statutDiffusionUniteLegale": firm.diffusion,
        "dateCreationUniteLegale": firm.created,
        "dateDernierTraitementUniteLegale": "2026-09-01T10:11:12.000",
        "trancheEffectifsUniteLegale": firm.headcount,
        "anneeEffectifsUniteLegale": str(firm.headcount_year) if firm.headcount_year else None,
        "sigleUniteLegale": shown(firm.acronym),
        "prenom1UniteLegale": shown(person.first_names.split()[0].upper()) if person else None,
        "prenomUsuelUniteLegale": shown(person.usual_first_name.upper()) if person else None,
        "etatAdministratifUniteLegale": "A" if firm.closed is None else "C",
        "denominationUniteLegale": firm.name or None,
        "denominationUsuelle1UniteLegale": shown(firm.usual_name),
        "nomUniteLegale": shown(person.surname) if person else None,
        "nomUsageUniteLegale": None,
        "categorieJuridiqueUniteLegale": firm.legal_form,
        "activitePrincipaleUniteLegale": firm.naf,
        "nicSiegeUniteLegale": firm.seat.nic,
    }


def _establishment(firm: Firm, one: Establishment) -> dict[str, Any]:
    hidden = firm.diffusion == "P"
    number, _, street = one.address.partition(" ") if one.address[0].isdigit() else ("", "", one.address)
    signs = [INSEE_MASK if hidden else sign for sign in one.signs] + [None, None, None]
    return {
        "siren": firm.siren,
        "nic": one.nic,
        "siret": firm.siret(one),
        "statutDiffusionEtablissement": firm.diffusion,
        "etablissementSiege": one.seat,
        "uniteLegale": _unit(firm),
        "adresseEtablissement": {
            "numeroVoieEtablissement": INSEE_MASK if hidden else number or None,
            "indiceRepetitionEtablissement": None,
            "typeVoieEtablissement": INSEE_MASK if hidden else street.partition(" ")[0],
            "libelleVoieEtablissement": INSEE_MASK if hidden else street.partition(" ")[2],
            "codePostalEtablissement": INSEE_MASK if hidden else one.postcode,
            "libelleCommuneEtablissement": one.town,
            "codeCommuneEtablissement": one.commune,
        },
        "periodesEtablissement": [
            {
                "dateFin": None,
                "etatAdministratifEtablissement": "A" if one.open else "F",
                "activitePrincipaleEtablissement": firm.naf,
                "enseigne1Etablissement": signs[0],
                "enseigne2Etablissement": signs[1],
                "enseigne3Etablissement": signs[2],
                "denominationUsuelleEtablissement": None,
            }
        ],
    }
