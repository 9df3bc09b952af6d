"""The BODACC on Opendatasoft's Explore API 2.1, dataset `annonces-commerciales`, over the invented companies."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.world.places.api import Answer, Request, as_json, require
from tests.world.registers.api import RegisterApi
from tests.world.registers.register import Firm, Notice

_PATH = "/api/explore/v2.1/catalog/datasets/annonces-commerciales/records"
_WHERE = re.compile(r'familleavis="collective" and \((registre like "\d{9}"(?: or registre like "\d{9}")*)\)')
_NUMBER = re.compile(r"\d{9}")


class Bodacc(RegisterApi):
    """The one condition it understands is the product's own."""

    def refuse(self, why: str) -> Answer:
        return as_json({"error_code": "ODSQLError", "message": why}, 400)

    def too_many(self) -> Answer:
        return as_json({"errorcode": 10005, "error": "Too many requests on the domain."}, 429)

    def answer(self, request: Request) -> Answer:
        require(request.method == "GET" and request.path == _PATH, f"no path {request.path}")
        query = request.query
        require(set(query) <= {"where", "order_by", "select", "limit", "offset"}, f"parameters {set(query)}")
        limit, offset = int(query.get("limit", "10")), int(query.get("offset", "0"))
        require(0 <= limit <= 100, "limit: at most 100")
        require(limit + offset <= 10_000, "limit + offset: at most 10000")
        require(query.get("order_by") == "dateparution desc", "order_by")
        where = _WHERE.fullmatch(query["where"])
        require(where, f"where: {query['where']}")
        assert where is not None
        wanted = set(_NUMBER.findall(where[1]))
        records = [
            _record(firm, notice, order)
            for firm in self.firms.values()
            if firm.siren in wanted
            for order, notice in enumerate(firm.notices, 1)
        ]
        records.sort(key=lambda record: str(record["dateparution"]), reverse=True)
        fields = query["select"].split(",")
        shown = [{field: record[field] for field in fields} for record in records[offset : offset + limit]]
        return as_json({"total_count": len(records), "results": shown})


def _record(firm: Firm, notice: Notice, order: int) -> dict[str, Any]:
    digits = firm.siren
    parution, number = _numbers(notice.id) if notice.id else (notice.published[:4] + "0001", f"{digits[5:8]}{order}")
    judgement = {
        "type": "initial",
        "famille": "Jugement de clôture" if "clôture" in notice.nature else "Jugement d'ouverture",
        "nature": notice.nature,
        "date": notice.date,
        "complementJugement": notice.complement or None,
    }
    before = None
    if notice.annuls:
        of, its_number = _numbers(notice.annuls)
        before = {"nomPublication": "BODACC A", "numeroParution": of, "numeroAnnonce": its_number}
    return {
        "id": f"A{parution}{number}",
        "publicationavis": "A",
        "parution": parution,
        "dateparution": notice.published,
        "numeroannonce": int(number),
        "typeavis": notice.kind,
        "familleavis": "collective",
        "familleavis_lib": "Procédures collectives",
        "tribunal": f"Greffe du tribunal de commerce de {firm.seat.town.title()}",
        "commercant": firm.name,
        "registre": [f"{digits[:3]} {digits[3:6]} {digits[6:]}", digits],
        "jugement": json.dumps(judgement),
        "parutionavisprecedent": json.dumps(before) if before else None,
    }


def _numbers(notice: str) -> tuple[str, str]:
    """Issue and number within it: `A2022002200017` is 20220022 and 17."""
    return notice[1:9], str(int(notice[9:]))
