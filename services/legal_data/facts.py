"""One company out of what several registers tell of it: each fact from the one that knows it best, with its date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from services.legal_data.company import Accounts, Company, Director, Establishment, Proceeding, Register
from services.legal_data.finding import Found
from services.legal_data.labels import headcount, legal_form, naf_label
from services.legal_data.matching import Judged
from services.legal_data.vocabulary import words_of

_SIRENE: tuple[Register, ...] = ("insee", "recherche_entreprises", "inpi")
_RNE: tuple[Register, ...] = ("inpi", "recherche_entreprises", "insee")
_AUTHORITY: dict[str, tuple[Register, ...]] = {
    "name": _SIRENE,
    "legal_form": _SIRENE,
    "naf": _SIRENE,
    "headcount": _SIRENE,
    "created": _SIRENE,
    "is_open": _SIRENE,
    "seat": ("recherche_entreprises", "insee", "inpi"),
    "capital": _RNE,
    "directors": _RNE,
    "accounts": _RNE,
    "proceedings": ("bodacc",),
}
"""By field of a Company. The Sirene register is Insee's; capital, directors and accounts are filed with the INPI."""
_EUROS = (None, "EUR")
_MOST_DIRECTORS = 20
_AUDITOR = "commissaire aux compte"
"""Auditors are among those a register lists; they lead nothing."""

Origins = dict[str, Company]
"""Whose word each field is."""


def origins(companies: Sequence[Company]) -> Origins:
    """For each field that any register knows, the account of the best of them. Pure."""
    found: Origins = {}
    for field, registers in _AUTHORITY.items():
        for company in sorted(companies, key=lambda one: _rank(one, registers)):
            if company.register in registers and getattr(company, field) not in (None, ()):
                found[field] = company
                break
    return found


def _rank(company: Company, registers: Sequence[Register]) -> int:
    return registers.index(company.register) if company.register in registers else len(registers)


def columns(found: Found, companies: Sequence[Company]) -> dict[str, Any]:
    """The produced columns; null where no register says anything. Pure."""
    if found.company is None:
        return {"error_code": found.error}
    of = origins(companies)
    known = {field: getattr(company, field) for field, company in of.items()}
    year = latest(known.get("accounts", ()))
    place = found.place or known.get("seat")
    return {
        "siren": found.company.siren,
        "siret": place.siret if place is not None else None,
        "denomination": known.get("name"),
        "forme_juridique": legal_form(known.get("legal_form")),
        "code_naf": known.get("naf"),
        "libelle_naf": naf_label(known.get("naf")),
        "tranche_effectif": headcount(known.get("headcount")),
        "capital_social": known["capital"] if "capital" in of and of["capital"].capital_currency in _EUROS else None,
        "dirigeants": directors(known.get("directors", ())) or None,
        "date_creation": known.get("created"),
        "etat_administratif": {True: "A", False: "C"}.get(known["is_open"]) if "is_open" in known else None,
        "ca": year.turnover if year is not None else None,
        "resultat_net": year.net_result if year is not None else None,
        "annee_finances": year.year if year is not None else None,
        "bodacc_procedure_collective": proceeding(known.get("proceedings", ())),
        "match_method": found.method,
        "match_score": round(found.score, 2) if found.score is not None else None,
        "error_code": None,
    }


def latest(accounts: Sequence[Accounts]) -> Accounts | None:
    """The last year with a figure."""
    told = [one for one in accounts if one.turnover is not None or one.net_result is not None]
    return max(told, key=lambda one: one.year, default=None)


def directors(people: Sequence[Director]) -> list[str]:
    """`Marie DUPONT (Gérante)`, in the register's order, without auditors."""
    lead = [one for one in people if _AUDITOR not in " ".join(words_of(one.role or ""))]
    return list(dict.fromkeys(map(_spelled, lead)))[:_MOST_DIRECTORS]


def _spelled(one: Director) -> str:
    name = f"{one.first_names.title()} {one.name.upper()}" if one.first_names else one.name.upper()
    return f"{name} ({one.role})" if one.role else name


def proceeding(notices: Sequence[Proceeding]) -> str | None:
    """The insolvency proceeding under way, by its last judgement and date; None when it has ended or there is none."""
    ordered = sorted(notices, key=lambda one: (one.published, one.decided or ""))
    ends = [index for index, one in enumerate(ordered) if one.is_end]
    going = ordered[ends[-1] + 1 :] if ends else ordered
    if not going:
        return None
    judged = [one for one in going if one.kind.lower().startswith("jugement")]
    last = (judged or going)[-1]
    return f"{last.kind} ({last.decided or last.published})"


def report(name: str | None, found: Found, companies: Sequence[Company]) -> dict[str, Any]:
    """What a lead's columns rest on: registers and their dates, all directors and years, and the candidates. Pure."""
    of = origins(companies)
    told: dict[str, Any] = {
        "nom": name,
        "siren": found.company.siren if found.company is not None else None,
        "match": {
            "method": found.method,
            "score": found.score,
            "error": found.error,
            "candidates": [_candidate(one) for one in found.considered],
        },
        "registers": [_register(company) for company in companies],
        "facts": {field: {"register": one.register, "as_of": _as_of(field, one)} for field, one in of.items()},
    }
    if found.company is None:
        return told
    place: Establishment | None = found.place
    return told | {
        "establishment": msgspec.to_builtins(place) if place is not None else None,
        "seat": msgspec.to_builtins(of["seat"].seat) if "seat" in of else None,
        "directors": msgspec.to_builtins(of["directors"].directors[:100]) if "directors" in of else [],
        "accounts": _accounts(of),
        "proceedings": msgspec.to_builtins(of["proceedings"].proceedings) if "proceedings" in of else [],
    }


def _accounts(of: Origins) -> list[dict[str, Any]]:
    years = of["accounts"].accounts if "accounts" in of else ()
    told: list[dict[str, Any]] = msgspec.to_builtins(sorted(years, key=lambda one: -one.year))
    return told


def _candidate(one: Judged) -> dict[str, Any]:
    return {
        "siren": one.company.siren,
        "name": one.company.name,
        "town": one.place.town if one.place is not None else None,
        "is_open": one.company.is_open,
        "score": one.score,
        "name_likeness": one.name,
        "place": one.fit.name.lower(),
    }


def _register(company: Company) -> dict[str, Any]:
    return {"register": company.register, "asked_at": company.asked_at, "updated_at": company.updated_at}


def _as_of(field: str, company: Company) -> str | None:
    """The date of a fact: its own where it has one, else the register's last change, else when it was asked."""
    if field == "headcount" and company.headcount_year is not None:
        return str(company.headcount_year)
    if field == "accounts" and (year := latest(company.accounts)) is not None:
        return str(year.year)
    if field == "proceedings" and company.proceedings:
        return max(one.published for one in company.proceedings)
    return company.updated_at or company.asked_at
