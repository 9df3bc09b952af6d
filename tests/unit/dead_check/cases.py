"""Golden cases: what the addresses of a site answered, and what must be said of the site."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from services.dead_check.look import Look, Visit
from shared.net.errors import FailureCode, FailureDetail, FetchError
from shared.net.page_cache import Failure
from shared.net.response import Response

GOLDEN = Path(__file__).parents[2] / "golden" / "dead_check"
SITE = "https://www.boulangerie-lemoine.fr/"


class CaseVisit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One address: its answer, or with `failure` none."""

    asked: str = SITE
    url: str = ""
    """Where it ended; empty: where it was asked."""
    status: int = 200
    headers: dict[str, str] = {}
    html: str = ""
    failure: FailureCode | None = None
    detail: FailureDetail = ""
    certificate: FailureDetail = ""
    tls_days_left: int | None = None

    def visit(self) -> Visit:
        url = self.url or self.asked
        if self.failure is not None:
            error = FetchError(self.failure, "…", url=url, detail=self.detail)
            return Visit(asked=self.asked, failure=Failure.of(error))
        response = answer(self.asked, url, self.status, self.headers, self.html.encode())
        return Visit(
            asked=self.asked, response=response, certificate=self.certificate, tls_days_left=self.tls_days_left
        )


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    visits: list[CaseVisit]
    columns: dict[str, Any]
    trap: bool = False
    """A live site that looks dead, or a doubt: it must never be closed."""

    def look(self) -> Look:
        return Look([one.visit() for one in self.visits])


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]


@cache
def cases() -> tuple[Case, ...]:
    """By file name and then in the file's order."""
    files = sorted(GOLDEN.glob("*.toml"))
    return tuple(case for path in files for case in msgspec.toml.decode(path.read_bytes(), type=_File).case)


def answer(asked: str, url: str, status: int, headers: dict[str, str], body: bytes) -> Response:
    """A response as the fetcher would bring it back."""
    return Response(
        requested_url=asked,
        url=url,
        status=status,
        headers=[*({"content-type": "text/html; charset=utf-8"} | headers).items()],
        body=body,
        http_version="HTTP/1.1",
        elapsed_ms=120,
        redirects=[url] if url != asked else [],
        tls=None,
        ip="203.0.113.7",
        fetched_at="2026-11-01T08:00:00+00:00",
    )
