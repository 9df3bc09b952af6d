"""Insolvency proceedings (procédures collectives) from the open data of the BODACC (DILA, Licence Ouverte 2.0).

Opendatasoft's Explore API 2.1, dataset `annonces-commerciales`. A record has `registre` (the SIREN twice, with and
without spaces), `dateparution` (ISO), `typeavis` (annonce, rectificatif, annulation), `parution` and `numeroannonce`,
and two fields that are JSON as text: `jugement` with `famille`, `nature`, `date` (ISO; in old ones `10 décembre 2009`)
and `complementJugement`, and `parutionavisprecedent`, the notice that this one corrects or annuls. The limit is a
number of calls a day that the portal sets and does not publish, so a request asks for several companies at once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from services.legal_data.asked import Asked
from services.legal_data.company import Company, Proceeding
from services.legal_data.values import iso_date, said
from shared.messaging.cancelling import cancel
from shared.net.answers import Answers
from shared.net.api_client import ApiClient, ApiError, Query
from shared.net.upstream import Quotas, UpstreamGuard
from shared.settings import Settings
from shared.web.folding import fold

_PATH = "/catalog/datasets/annonces-commerciales/records"
_FIELDS = "dateparution,typeavis,registre,parution,numeroannonce,jugement,parutionavisprecedent"
_PER_PAGE = 100
"""The most of one page."""
_MOST_RECORDS = 1000
"""Of one request's companies; few have had ten."""
_COMPANIES = 20
"""In one request: its condition stays below a kilobyte."""
_NO_DECISION = re.compile(r"avis de depot")
"""Families that announce papers laid out at the court, no judgement."""
_OF_A_PERSON = re.compile(r"faillite personnelle|interdiction de gerer|interdiction de diriger")
"""Sanctions of a person; they say nothing of the company."""
_END = re.compile(r"\bcloture|extinction du passif|mettant fin|met fin|retractation|infirm|fin de la procedure")
_PROCEDURE = re.compile(r"liquidation judiciaire|redressement judiciaire|sauvegarde(?: acceleree)?")
_DIGITS = re.compile(r"\D")


class _Record(msgspec.Struct):
    registre: list[str | None] | str | None = None
    dateparution: str | None = None
    typeavis: str | None = None
    parution: str | int | None = None
    numeroannonce: str | int | None = None
    jugement: Any = None
    parutionavisprecedent: Any = None


class _Page(msgspec.Struct):
    results: list[_Record]
    total_count: int = 0


class _Judgement(msgspec.Struct):
    famille: str | None = None
    nature: str | None = None
    date: str | None = None
    complement: str | None = msgspec.field(default=None, name="complementJugement")


class _Before(msgspec.Struct):
    parution: str | int | None = msgspec.field(default=None, name="numeroParution")
    number: str | int | None = msgspec.field(default=None, name="numeroAnnonce")


class Bodacc:
    """Any number of concurrent questions: while one request is away, the next ones are gathered. All raise ApiError."""

    def __init__(self, settings: Settings, quotas: Quotas | None, answers: Answers | None) -> None:
        guard = UpstreamGuard("bodacc", rate=settings.bodacc_rate, quotas=quotas)
        self._api = ApiClient(settings, settings.bodacc_url, name="BODACC", guard=guard)
        self._asked = Asked("bodacc", answers)
        self._waiting: dict[str, asyncio.Future[Company]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def by_siren(self, siren: str) -> Company:
        """The number with its `proceedings`; empty: the BODACC has published none."""

        async def ask() -> list[Company]:
            return [await self._next_request(siren)]

        [company] = await self._asked.companies(f"siren {siren}", ask)
        return company

    async def aclose(self) -> None:
        if self._asking is not None:
            await cancel([self._asking])
        for waiting in list(self._waiting.values()):
            waiting.cancel()
        await self._api.aclose()

    async def _next_request(self, siren: str) -> Company:
        waiting: asyncio.Future[Company] = asyncio.get_running_loop().create_future()
        self._waiting[siren] = waiting
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            return await waiting
        finally:
            if self._waiting.get(siren) is waiting:  # who leaves is not asked for
                del self._waiting[siren]

    async def _ask(self) -> None:
        """One request after the other, for as long as somebody waits."""
        while still := [siren for siren, waiting in self._waiting.items() if not waiting.done()]:
            some = {siren: self._waiting.pop(siren) for siren in still[:_COMPANIES]}
            try:
                records = await self._records(list(some))
            except asyncio.CancelledError:
                for waiting in some.values():
                    waiting.cancel()
                raise
            except Exception as error:  # whatever it is, nobody may wait for ever
                for waiting in some.values():
                    if not waiting.done():
                        waiting.set_exception(error)
                continue
            for siren, waiting in some.items():
                if not waiting.done():
                    of_it = [record for record in records if siren in _sirens(record)]
                    waiting.set_result(Company(siren=siren, register="bodacc", proceedings=_proceedings(of_it)))

    async def _records(self, sirens: Sequence[str]) -> list[_Record]:
        numbers = " or ".join(f'registre like "{siren}"' for siren in sirens)
        query = {"where": f'familleavis="collective" and ({numbers})', "order_by": "dateparution desc"}
        found: list[_Record] = []
        while len(found) < _MOST_RECORDS:
            page: Query = {**query, "select": _FIELDS, "limit": _PER_PAGE, "offset": len(found)}
            try:
                answer = msgspec.convert(await self._api.get(_PATH, page), _Page)
            except msgspec.ValidationError:
                raise ApiError("unexpected", "BODACC answered in a form that is not its own.") from None
            found += answer.results
            if len(answer.results) < _PER_PAGE or len(found) >= answer.total_count:
                break
        return found


def _sirens(record: _Record) -> set[str]:
    numbers = [record.registre] if isinstance(record.registre, str) else record.registre or []
    return {_DIGITS.sub("", number) for number in numbers if number}


def _proceedings(records: Iterable[_Record]) -> tuple[Proceeding, ...]:
    """The judgements that stand: neither corrected nor annulled by a later notice, nor annulments themselves."""
    known = list(records)
    void = {
        before for record in known if record.typeavis in ("rectificatif", "annulation") if (before := _before(record))
    }
    standing = (record for record in known if record.typeavis != "annulation" and _id(record) not in void)
    return tuple(proceeding for record in standing if (proceeding := _proceeding(record)) is not None)


def _proceeding(record: _Record) -> Proceeding | None:
    judgement = _decoded(record.jugement, _Judgement)
    published = iso_date(record.dateparution)
    if judgement is None or published is None:
        return None
    kind = said(judgement.nature) or said(judgement.famille)
    folded = fold(f"{judgement.famille or ''} {kind or ''}")
    if kind is None or _NO_DECISION.search(folded) or _OF_A_PERSON.search(folded):
        return None
    if not _PROCEDURE.search(folded) and (procedure := _PROCEDURE.search(fold(judgement.complement or ""))):
        kind = f"{kind} : {procedure[0]}"  # some courts say there alone which one it is
    return Proceeding(
        published=published, kind=kind, decided=iso_date(judgement.date), is_end=bool(_END.search(folded))
    )


_Form = TypeVar("_Form", bound=msgspec.Struct)


def _decoded(value: Any, form: type[_Form]) -> _Form | None:
    """A field that is JSON as text, or already an object; None for anything else."""
    try:
        return msgspec.json.decode(value, type=form) if isinstance(value, str) else msgspec.convert(value, form)
    except msgspec.DecodeError:  # ValidationError is one of them
        return None


def _id(record: _Record) -> tuple[str, str]:
    """Issue and number within it, which some write with zeros before."""
    return str(record.parution), str(record.numeroannonce).lstrip("0")


def _before(record: _Record) -> tuple[str, str] | None:
    before = _decoded(record.parutionavisprecedent, _Before)
    return (str(before.parution), str(before.number).lstrip("0")) if before is not None and before.parution else None
