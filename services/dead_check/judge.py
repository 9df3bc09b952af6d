"""Is there a site? From what was seen to the columns.

Calling a live site closed costs its owner a customer; calling a dead one uncertain costs a second look. So only what
cannot be a site is closed, everything that shows a person's hand is open, and the rest is uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from services.dead_check.elsewhere import where
from services.dead_check.look import Look, Reason, State, Verdict, Visit
from services.dead_check.sight import Sight
from services.dead_check.signatures import families
from shared.net.bot_wall import bot_wall
from shared.net.errors import FailureCode
from shared.net.page_cache import Failure
from shared.net.response import Response
from shared.net.twin import host_of
from shared.web.folding import fold

_BARE = Path(__file__).parent / "bare.toml"
_BARE_TEXT = 300
"""Characters: servers' own pages of an error have fewer."""
_RANK: dict[State, int] = {"open": 0, "uncertain": 1, "closed": 2}
_MORE_ALIVE: dict[State, State] = {"closed": "uncertain", "uncertain": "open", "open": "open"}
_FAILURES: dict[FailureCode, Verdict] = {
    "invalid_url": Verdict("uncertain", "redirect_broken"),
    "blocked_address": Verdict("uncertain", "private_address"),
    "dns": Verdict("uncertain", "dns_failure"),
    "connection": Verdict("uncertain", "connection_failed"),
    "tls": Verdict("uncertain", "tls_failed"),
    "timeout": Verdict("uncertain", "timeout"),
    "protocol": Verdict("uncertain", "invalid_answer"),
    "bad_encoding": Verdict("uncertain", "invalid_answer"),
    "too_many_redirects": Verdict("uncertain", "too_many_redirects"),
    "too_large": Verdict("open", "ok"),  # somebody put it there
    "robots": Verdict("uncertain", "robots"),
}
"""The other codes are given to answers by callers of the fetcher, never by itself."""
_UNHEARD: frozenset[FailureCode] = frozenset({"dns", "connection", "tls", "timeout"})
"""Failures before the server said a word of HTTP."""


def judge(look: Look) -> dict[str, Any]:
    """The produced columns of what was seen of a site. Pure, linear in the pages' sizes."""
    return columns([(visit, appraise(visit)) for visit in look.visits])


def columns(appraised: Sequence[tuple[Visit, Verdict]]) -> dict[str, Any]:
    """The columns of visits that are appraised, at least one: an open one decides, then the most doubtful host.

    Of one host, what answered says more than what did not: a parked name without https is parked.
    """
    hosts = list(dict.fromkeys(visit.host for visit, _ in appraised))
    chosen = min((_of_host(host, appraised) for host in hosts), key=lambda one: _RANK[one[1].state])
    visit, verdict = chosen
    days = (one.tls_days_left for one in (visit, *(one for one, _ in appraised if one.host == visit.host)))
    return {
        "site_alive": verdict.state,
        "site_alive_reason": verdict.reason,
        "http_status": visit.response.status if visit.response is not None else None,
        "tls_days_left": next((left for left in days if left is not None), None),
    }


def _of_host(host: str, appraised: Sequence[tuple[Visit, Verdict]]) -> tuple[Visit, Verdict]:
    here = [(visit, verdict) for visit, verdict in appraised if visit.host == host]
    answered = [one for one in here if one[0].failure is None or one[0].failure.code not in _UNHEARD]
    return min(answered or here, key=lambda one: _RANK[one[1].state])


def appraise(visit: Visit) -> Verdict:
    """What one visit says of its site. Pure."""
    if visit.failure is not None:
        return _of_failure(visit.host, visit.failure)
    assert visit.response is not None
    if bot_wall(visit.response) is not None:
        return Verdict("open", "bot_wall")
    lead = where(visit.host, visit.response.url)
    if lead == "page":
        return Verdict("open", "page_elsewhere")
    if lead == "sale":
        return Verdict("closed", "for_sale")
    verdict = _of_answer(visit, visit.response, sight := _sight(visit))
    if lead == "stranger" and verdict.state == "open" and not sight.speaks_of_domain():
        return Verdict("uncertain", "redirect_elsewhere")
    return verdict


def _of_failure(host: str, failure: Failure) -> Verdict:
    if host_of(failure.url) not in ("", host):
        return Verdict("uncertain", "redirect_broken")
    match failure.code, failure.detail:
        case "dns", "absent":
            return Verdict("closed", "no_dns")
        case "connection", "refused":
            return Verdict("closed", "connection_refused")
    return _FAILURES[failure.code]


def _of_answer(visit: Visit, response: Response, sight: Sight) -> Verdict:
    found = _by_signature(sight)
    if found is not None:
        return found
    if 200 <= response.status < 300:
        return _of_page(visit, response, sight)
    if response.status in (404, 410):
        return _of_absence(sight)
    return _of_refusal(response.status, sight)


def _by_signature(sight: Sight) -> Verdict | None:
    """What the page's look says: of several the worst."""
    found: list[Verdict] = []
    for family in families():
        signature = family.match(sight)
        if signature is None:
            continue
        state = family.state
        if family.is_quiet(signature):
            if sight.is_alive:
                continue
            state = _MORE_ALIVE[state] if sight.shows_a_hand else state
        found.append(Verdict(state, family.reason))
    return max(found, key=lambda one: _RANK[one.state], default=None)


def _of_page(visit: Visit, response: Response, sight: Sight) -> Verdict:
    if not response.body or (_is_html(response) and sight.is_blank):
        return Verdict("uncertain", "empty")
    if visit.certificate:
        return Verdict("open", cast("Reason", f"certificate_{visit.certificate}"))
    return Verdict("open", "ok")


def _of_absence(sight: Sight) -> Verdict:
    """404 or 410 at the address: of a site that is there else, or of a server that knows none."""
    if sight.is_alive:
        return Verdict("open", "not_found")
    return Verdict("closed" if _is_bare(sight) and not sight.shows_a_hand else "uncertain", "not_found")


def _of_refusal(status: int, sight: Sight) -> Verdict:
    if status in (401, 407, 429):
        return Verdict("open", "protected")
    if status == 503 and not _is_bare(sight):
        return Verdict("open", "maintenance")
    if status in (403, 405, 406, 418, 451):
        return Verdict("uncertain", "access_refused") if _is_bare(sight) else Verdict("open", "protected")
    if status >= 500:
        return Verdict("uncertain", "server_error")
    return Verdict("uncertain", "client_error" if status >= 400 else "invalid_answer")


def _is_bare(sight: Sight) -> bool:
    """Whether nobody wrote the page of an error."""
    if len(sight.text) > _BARE_TEXT:
        return False
    return not sight.text or any(words in sight.text or words in sight.title for words in _bare_words())


@cache
def _bare_words() -> tuple[str, ...]:
    return tuple(map(fold, msgspec.toml.decode(_BARE.read_bytes(), type=dict[str, list[str]])["text"]))


def _is_html(response: Response) -> bool:
    kind = (response.header("content-type") or "text/html").lower()
    return "html" in kind or "text/plain" in kind


def _sight(visit: Visit) -> Sight:
    assert visit.page is not None
    return Sight(visit.page, visit.host)
