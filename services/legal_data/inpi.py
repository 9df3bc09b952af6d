"""The national register of companies (RNE) of the INPI, with an account of one's own: capital and directors.

`POST /sso/login` gives a token that `GET /companies/{siren}` wants; how long it lasts is not said, so it is used until
it is refused. Of a birth date the year alone is read.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from services.legal_data.asked import Asked
from services.legal_data.company import Company, Director
from services.legal_data.roles import role_label
from services.legal_data.values import iso_date, said, year
from shared.net.answers import Answers
from shared.net.api_client import ApiClient, ApiError
from shared.net.single_flight import SingleFlight
from shared.net.upstream import Quotas, UpstreamGuard
from shared.settings import Settings

_LOCKED_OUT = 600.0
"""Seconds until a name and password that were refused are tried again: an account is locked after a few tries."""


class _Of(msgspec.Struct, rename="camel"):
    """What each part of an answer may hold: the same names mean the same, wherever they stand."""


class _Person(_Of):
    nom: str | None = None
    nom_usage: str | None = None
    prenoms: list[str] | str | None = None
    date_de_naissance: str | None = None


class _Individual(_Of):
    description_personne: _Person = msgspec.field(default_factory=_Person)


class _Firm(_Of):
    siren: str | None = None
    denomination: str | None = None
    nom_commercial: str | None = None
    forme_juridique: str | None = None
    code_ape: str | None = None
    date_immat: str | None = None


class _Power(_Of):
    role_entreprise: str | None = None
    libelle_role_entreprise: str | None = None
    actif: bool = True
    individu: _Individual | None = None
    entreprise: _Firm | None = None


class _Composition(_Of):
    pouvoirs: list[_Power] = []


class _Description(_Of):
    montant_capital: float | str | None = None
    devise_capital: str | None = None
    sigle: str | None = None


class _Identity(_Of):
    entreprise: _Firm = msgspec.field(default_factory=_Firm)
    entrepreneur: _Individual = msgspec.field(default_factory=_Individual)
    description: _Description = msgspec.field(default_factory=_Description)


class _Body(_Of):
    """A personneMorale, personnePhysique or exploitation."""

    identite: _Identity = msgspec.field(default_factory=_Identity)
    composition: _Composition = msgspec.field(default_factory=_Composition)


class _Creation(_Of):
    date_creation: str | None = None
    forme_juridique: str | None = None


class _Content(_Of):
    nature_creation: _Creation = msgspec.field(default_factory=_Creation)
    personne_morale: _Body | None = None
    personne_physique: _Body | None = None
    exploitation: _Body | None = None


class _Formality(_Of):
    content: _Content = msgspec.field(default_factory=_Content)


class _Answer(_Of):
    siren: str | None = None
    updated_at: str | None = None
    formality: _Formality = msgspec.field(default_factory=_Formality)


class _Token(msgspec.Struct):
    token: str


class Inpi:
    """Any number of concurrent questions; each is asked in its turn. All raise ApiError."""

    def __init__(self, settings: Settings, quotas: Quotas | None, answers: Answers | None) -> None:
        guard = UpstreamGuard("inpi", rate=settings.inpi_rate, quotas=quotas)
        self._api = ApiClient(settings, settings.inpi_url, name="INPI", guard=guard)
        self._account = {"username": settings.inpi_user, "password": settings.inpi_password}
        self._asked = Asked("inpi", answers)
        self._logins: SingleFlight[str] = SingleFlight()
        self._token: str | None = None
        self._locked_until = 0.0

    async def by_siren(self, siren: str) -> Company | None:
        """The company with this number; None: it is in no register of the INPI."""

        async def ask() -> list[Company]:
            try:
                answer = msgspec.convert(await self._get(f"/companies/{siren}"), _Answer)
            except ApiError as error:
                if error.status == 404:
                    return []
                raise
            except msgspec.ValidationError:
                raise ApiError("unexpected", "INPI answered in a form that is not its own.") from None
            return [_company(answer, siren)] if answer.siren in (None, siren) else []

        return next(iter(await self._asked.companies(f"siren {siren}", ask)), None)

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _get(self, path: str) -> Any:
        """With the token at hand, or when that is refused, with a new one."""
        token = await self._logged_in()
        try:
            return await self._api.get(path, headers=_bearer(token))
        except ApiError as error:
            if error.status != 401:
                raise
        if self._token == token:  # nobody else has a new one yet
            self._token = None
        return await self._api.get(path, headers=_bearer(await self._logged_in()))

    async def _logged_in(self) -> str:
        return self._token or await self._logins.run("login", self._login)

    async def _login(self) -> str:
        if time.monotonic() < self._locked_until:
            raise _refused()
        try:
            answer = await self._api.post("/sso/login", self._account)
            self._token = msgspec.convert(answer, _Token).token
        except ApiError as error:
            if error.code != "http_4xx":
                raise
            self._locked_until = time.monotonic() + _LOCKED_OUT
            raise _refused() from None
        except msgspec.ValidationError:
            raise ApiError("unexpected", "INPI gave no token.") from None
        return self._token


def _refused() -> ApiError:
    return ApiError("http_4xx", "INPI refused OUTSEND_INPI_USER and OUTSEND_INPI_PASSWORD.", status=401)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _company(answer: _Answer, siren: str) -> Company:
    content = answer.formality.content
    body = content.personne_morale or content.exploitation or content.personne_physique or _Body()
    firm, about = body.identite.entreprise, body.identite.description
    trader = _person(body.identite.entrepreneur.description_personne, "Entrepreneur individuel")
    shown = [director for power in body.composition.pouvoirs if power.actif and (director := _director(power))]
    trade_name = said(firm.nom_commercial)
    return Company(
        siren=siren,
        register="inpi",
        updated_at=answer.updated_at,
        name=said(firm.denomination) or (f"{trader.first_names or ''} {trader.name}".strip() if trader else None),
        other_names=(trade_name,) if trade_name else (),
        acronym=said(about.sigle),
        legal_form=said(firm.forme_juridique) or said(content.nature_creation.forme_juridique),
        naf=_dotted(said(firm.code_ape)),
        created=iso_date(content.nature_creation.date_creation or firm.date_immat),
        capital=_amount(about.montant_capital),
        capital_currency=said(about.devise_capital),
        directors=(trader,) if trader and not shown else tuple(shown),
    )


def _director(power: _Power) -> Director | None:
    role = said(power.libelle_role_entreprise) or role_label(power.role_entreprise)
    if power.individu is not None:
        return _person(power.individu.description_personne, role)
    if power.entreprise is not None and (name := said(power.entreprise.denomination)):
        return Director(name=name, role=role, siren=said(power.entreprise.siren))
    return None


def _person(one: _Person, role: str | None) -> Director | None:
    name = said(one.nom_usage) or said(one.nom)
    if name is None:
        return None
    first = one.prenoms if isinstance(one.prenoms, str) else " ".join(one.prenoms or ())
    return Director(name=name, first_names=said(first), role=role, birth_year=year(one.date_de_naissance))


def _dotted(code: str | None) -> str | None:
    """`4321A` as the other registers write it."""
    return f"{code[:2]}.{code[2:]}" if code and len(code) == 5 and code.isalnum() else code


def _amount(value: float | str | None) -> float | None:
    try:
        return float(value) if value not in (None, "") else None
    except ValueError:
        return None
