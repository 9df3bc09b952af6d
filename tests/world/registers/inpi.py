"""The INPI's register (RNE) over the invented companies: a login, tokens that end, `/api/companies/{siren}`."""

from __future__ import annotations

import re
from typing import Any

from tests.world.places.api import Answer, Request, as_json, require
from tests.world.registers.api import RegisterApi
from tests.world.registers.register import Director, Firm

USER, PASSWORD = "contact@exemple.fr", "un-mot-de-passe"
_ROLES = {"Gérant": "30", "Président de SAS": "73", "Commissaire aux comptes titulaire": "71"}


class Inpi(RegisterApi):
    """`logins` counts the tokens given; `expire` makes all of them worthless; `password` is what is right now."""

    password = PASSWORD
    logins = 0
    refused_logins = 0
    _valid: str | None = None

    def expire(self) -> None:
        self._valid = None

    def refuse(self, why: str) -> Answer:
        return as_json({"code": 400, "message": why}, 400)

    def answer(self, request: Request) -> Answer:
        if request.path == "/api/sso/login":
            return self._login(request)
        require(request.method == "GET" and not request.body, "GET")
        if request.headers.get("authorization") != f"Bearer {self._valid}":
            return as_json({"code": 401, "message": "Invalid JWT Token"}, 401)
        match = re.fullmatch(r"/api/companies/(\d{9})", request.path)
        firm = self.firms.get(match[1]) if match else None
        if firm is None or not firm.in_rne:
            return as_json({"code": 404, "message": "Not Found"}, 404)
        return as_json(_company(firm))

    def _login(self, request: Request) -> Answer:
        require(request.method == "POST", "POST")
        require(request.headers.get("content-type") == "application/json", "application/json")
        require(set(request.json()) == {"username", "password"}, "username, password")
        if request.json() != {"username": USER, "password": self.password}:
            self.refused_logins += 1
            return as_json({"code": 401, "message": "Invalid credentials."}, 401)
        self.logins += 1
        self._valid = f"token-{self.logins}"
        return as_json({"token": self._valid, "user": {"email": USER}})


def _company(firm: Firm) -> dict[str, Any]:
    powers = [_power(one) for one in firm.directors]
    old = {"roleEntreprise": "30", "typeDePersonne": "INDIVIDU", "actif": False, "individu": _person("PARTI", "Ancien")}
    if firm.person:
        key = "personnePhysique"
        body: dict[str, Any] = {"identite": {"entrepreneur": _person(firm.person.surname, firm.person.first_names)}}
    else:
        key = "personneMorale"
        body = {
            "identite": {
                "entreprise": {
                    "siren": firm.siren,
                    "denomination": firm.name,
                    "nomCommercial": firm.usual_name or None,
                    "formeJuridique": firm.legal_form,
                    "codeApe": firm.naf.replace(".", ""),
                    "dateImmat": f"{firm.created}T00:00:00+01:00",
                },
                "description": {
                    "montantCapital": firm.capital,
                    "capitalVariable": False,
                    "deviseCapital": "EUR",
                    "sigle": firm.acronym or None,
                },
            },
            "composition": {"pouvoirs": [*powers, old]},
        }
    creation = {"dateCreation": firm.created, "formeJuridique": firm.legal_form, "microEntreprise": False}
    return {
        "siren": firm.siren,
        "updatedAt": "2026-10-02T08:09:10+02:00",
        "formality": {"siren": firm.siren, "content": {"natureCreation": creation, key: body}},
    }


def _power(one: Director) -> dict[str, Any]:
    role: dict[str, Any] = {"roleEntreprise": _ROLES.get(one.role, "65"), "actif": True}
    if one.role not in _ROLES:  # seldom said in words
        role["libelleRoleEntreprise"] = one.role
    if one.company:
        firm = {"siren": one.siren, "denomination": one.company}
        return {**role, "typeDePersonne": "ENTREPRISE", "entreprise": firm}
    return {**role, "typeDePersonne": "INDIVIDU", "individu": _person(one.surname, one.first_names, one.born)}


def _person(surname: str, first_names: str, born: str = "") -> dict[str, Any]:
    person = {"nom": surname, "nomUsage": None, "prenoms": first_names.split(), "dateDeNaissance": born or None}
    return {"descriptionPersonne": person, "adresseDomicile": {"codePostal": "37000", "commune": "TOURS"}}
