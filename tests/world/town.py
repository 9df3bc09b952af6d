"""Who answers for which host, and with what: the town's sites, the generated ones, and the control host."""

from __future__ import annotations

import msgspec

from tests.world.bulk import BulkSite, bulk_page
from tests.world.catalogue import Site
from tests.world.faults import misbehave
from tests.world.firms import firm_answer
from tests.world.http import Answer, Request, redirect
from tests.world.ledger import Ledger
from tests.world.pages import not_found, page
from tests.world.server import Misbehaviour

CONTROL_HOST = "world.test"
"""`GET /requests`, `GET /log?<host>`, `POST /reset`, `POST /hold?<host>`, `POST /release?<host>`; in JSON."""


class Town:
    """Turns a request into an answer or a misbehaviour."""

    def __init__(self, sites: tuple[Site, ...], ledger: Ledger) -> None:
        self.ledger = ledger
        self.by_host = {host: site for site in sites for host in site.hosts}

    def respond(self, request: Request) -> Answer | Misbehaviour:
        """What this request gets."""
        if site := self.by_host.get(request.host):
            return self._visit(site, request)
        if bulk := BulkSite.parse(request.host):
            return _visit_bulk(bulk, request)
        if request.host == CONTROL_HOST:
            return self._control(request)
        return Answer(b"<html><body><h1>Default web page</h1></body></html>", 404)

    def _visit(self, site: Site, request: Request) -> Answer | Misbehaviour:
        host = site.host if site.canonical else request.host
        secure = request.scheme == "https" or site.http == "serve" or site.certificate == "none"
        if not secure or host != request.host:
            scheme = request.scheme if secure else "https"
            return redirect(f"{scheme}://{host}{request.target}")
        if site.fault and request.path != "/robots.txt":
            return misbehave(site.fault, site.args)
        return page(site, request.path) or not_found(site)

    def _control(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/requests":
                return _json(self.ledger.snapshot())
            case "GET", "/log":
                return _json([entry for entry in self.ledger.log if entry.host == request.query])
            case "POST", "/reset":
                self.ledger.reset()
            case "POST", "/hold":
                self.ledger.hold(request.query)
            case "POST", "/release":
                self.ledger.release(request.query)
            case _:
                return Answer(b"{}", 404, "application/json")
        return _json({"ok": True})


def _visit_bulk(site: BulkSite, request: Request) -> Answer | Misbehaviour:
    if request.path == "/robots.txt":
        return Answer(b"User-agent: *\nDisallow:\n", content_type="text/plain")
    match site.kind:
        case "reset" | "hang":
            return misbehave(site.kind, {})
        case "slow":
            return misbehave("delay", {"seconds": site.arg / 1000})
        case "status":
            return Answer(b"<html><body>Erreur</body></html>", site.arg)
        case "firm":
            return firm_answer(site.number, request.path) or Answer(b"<html><body>404</body></html>", 404)
    if request.path not in {"/", "/contact"}:
        return Answer(b"<html><body>404</body></html>", 404)
    return Answer(bulk_page(site))


def _json(value: object) -> Answer:
    return Answer(msgspec.json.encode(value), content_type="application/json")
