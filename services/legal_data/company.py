"""What one register tells about one company, in one shape for all of them."""

from __future__ import annotations

from typing import Literal

import msgspec

Register = Literal["recherche_entreprises", "insee", "inpi", "bodacc"]


class Establishment(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a company works."""

    siret: str
    """14 digits."""
    address: str | None = None
    """One line as the register has it, with or without the postcode and town it ends with."""
    postcode: str | None = None
    town: str | None = None
    lat: float | None = None
    lon: float | None = None
    """WGS 84 degrees."""
    is_open: bool | None = None
    is_seat: bool = False
    naf: str | None = None
    trade_names: tuple[str, ...] = ()
    """Enseignes, nom commercial."""


class Director(msgspec.Struct, frozen=True, kw_only=True):
    """A person or a company that leads one. Of a birth date the year alone is ever kept."""

    name: str
    """Surname in use, or the name of a company."""
    first_names: str | None = None
    role: str | None = None
    """As the register words it: Gérant, Président de SAS, Commissaire aux comptes titulaire …"""
    birth_year: int | None = None
    siren: str | None = None
    """Of a company."""


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one published year, in euros."""

    year: int
    turnover: float | None = None
    net_result: float | None = None


class Proceeding(msgspec.Struct, frozen=True, kw_only=True):
    """One notice of an insolvency proceeding (procédure collective) in the BODACC."""

    published: str
    """ISO date of the notice."""
    kind: str
    """What was decided as the notice words it: Jugement d'ouverture de liquidation judiciaire …"""
    decided: str | None = None
    """ISO date of the judgement."""
    is_end: bool = False
    """It ends a proceeding: clôture, rétractation, annulation …"""


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """One company as one register answered. None: the register does not say (it says neither yes nor no)."""

    siren: str
    """9 digits: those of the answer, whoever was asked for."""
    register: Register
    asked_at: str | None = None
    """RFC 3339: when the register was asked; an answer may come from the cache."""
    updated_at: str | None = None
    """RFC 3339 or ISO date of the register's own last change to this company."""

    name: str | None = None
    """The legal name: dénomination; of a sole trader, the person's first names and surname as the register has them."""
    other_names: tuple[str, ...] = ()
    """Further names of the company as a whole: nom complet, dénomination usuelle, nom commercial."""
    acronym: str | None = None
    """Sigle."""
    legal_form: str | None = None
    """Code of the catégorie juridique, 4 digits: 5710 is a SAS."""
    naf: str | None = None
    """Code of the main activity, NAF rev. 2: 43.21A."""
    headcount: str | None = None
    """Code of the tranche d'effectif: NN, 00, 01 … 53."""
    headcount_year: int | None = None
    created: str | None = None
    """ISO date."""
    closed: str | None = None
    """ISO date."""
    is_open: bool | None = None
    """État administratif A (True) or C (False)."""
    capital: float | None = None
    """In `capital_currency`; of a variable capital, what the register has."""
    capital_currency: str | None = None
    """ISO 4217."""
    directors: tuple[Director, ...] = ()
    accounts: tuple[Accounts, ...] = ()
    """Any order."""
    proceedings: tuple[Proceeding, ...] | None = None
    """Any order; empty: the register knows of none."""
    seat: Establishment | None = None
    establishments: tuple[Establishment, ...] = ()
    """Others that the search met (matching_etablissements); the seat may be among them."""
