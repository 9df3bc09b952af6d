"""What was seen of a site: the answers of its addresses, as data."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec

from shared.net.errors import FailureDetail
from shared.net.page_cache import Failure
from shared.net.response import Response
from shared.net.twin import host_of
from shared.web.page import Page

State = Literal["open", "uncertain", "closed"]
Reason = Literal[
    # open
    "ok",
    "certificate_expired",  # these five: the site answers, but browsers warn of it
    "certificate_not_yet_valid",
    "certificate_self_signed",
    "certificate_wrong_host",
    "certificate_untrusted",
    "bot_wall",  # a protection stands before it
    "protected",  # it lets us not in, in words of its own, or asks for a password or for patience
    "maintenance",
    "page_elsewhere",  # the name leads to the business's page on a platform
    # open or uncertain
    "under_construction",
    # uncertain
    "dns_failure",  # its name servers do not answer
    "private_address",
    "connection_failed",
    "tls_failed",
    "timeout",
    "invalid_answer",
    "too_many_redirects",
    "redirect_broken",  # it leads to where nothing can be had
    "redirect_elsewhere",  # it leads to a domain that has nothing to do with it
    "robots",  # robots.txt does not let us look
    "access_refused",
    "client_error",
    "server_error",
    "database_error",
    "empty",
    # open, uncertain or closed, by who wrote the page that says so
    "not_found",
    # closed; the last six by what the page shows, uncertain where there is a doubt
    "no_dns",
    "connection_refused",
    "parked",
    "for_sale",
    "expired",
    "suspended",
    "default_page",
    "unconnected",
]
"""The vocabulary of `site_alive_reason`."""


class Visit(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One address, asked once: an answer or a failure."""

    asked: str
    """The address, an http(s) URL."""
    response: Response | None = None
    failure: Failure | None = None
    certificate: FailureDetail = ""
    """What is wrong with the certificate under which the answer came."""
    tls_days_left: int | None = None
    """Negative: it has ended."""

    @property
    def host(self) -> str:
        """The host that was asked."""
        return host_of(self.asked) or ""

    def without_body(self) -> Visit:
        """The same visit in little memory, when it is appraised."""
        if self.response is None:
            return self
        return msgspec.structs.replace(self, response=msgspec.structs.replace(self.response, body=b""))

    @cached_property
    def page(self) -> Page | None:
        """The answer as a page."""
        return Page.from_response(self.response) if self.response is not None else None


class Look(msgspec.Struct, frozen=True):
    """Everything seen of a site at one time, in the order in which it was asked."""

    visits: list[Visit]


class Verdict(msgspec.Struct, frozen=True):
    """What one visit, or all of them, come to."""

    state: State
    reason: Reason
