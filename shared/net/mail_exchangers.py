"""Which servers take a domain's mail: MX records, or the domain itself (RFC 5321 section 5.1, RFC 7505)."""

from __future__ import annotations

from typing import Literal, cast

import dns.asyncresolver
import dns.exception
import dns.resolver
import msgspec

from shared.net.dns_cache import Answer, DnsCache
from shared.net.errors import EgressError
from shared.net.resolver import LOOKUP_SECONDS, Resolver, absence, name_servers
from shared.net.single_flight import SingleFlight

Absence = Literal[
    "",
    "no_such_domain",
    "null_mx",  # the domain says itself that it takes no mail
    "no_mail_server",  # neither an MX record nor an address
]

_MAX_HOSTS = 8
"""Of a hostile record of hundreds; real domains have at most seven."""


class MailRoute(msgspec.Struct, frozen=True):
    """Where a domain's mail goes, or why nowhere."""

    hosts: tuple[str, ...] = ()
    """The preferred first; equals by name and not at random, so that all domains of a provider have one route."""
    absent: Absence = ""


class MailExchangers:
    """Looks routes up, once for any number of callers, and remembers them for their TTL."""

    def __init__(self, dns_servers: list[str], resolver: Resolver) -> None:
        self._servers = dns_servers
        self._resolver = resolver
        self._cache = DnsCache()
        self._flights: SingleFlight[Answer | EgressError] = SingleFlight()
        self._dns: dns.asyncresolver.Resolver | None = None

    async def find(self, domain: str) -> MailRoute:
        """The route of a domain in ASCII. Raises EgressError `dns`, retryable: its name servers fail or keep silent.

        A failure of theirs says nothing about the domain, and is never taken for an absence.
        """
        answer: Answer | EgressError | None = self._cache.get(domain)
        if answer is None:
            answer = await self._flights.run(domain, lambda: self._look_up(domain))
        if isinstance(answer, EgressError):
            raise EgressError(answer.code, answer.message, retryable=answer.retryable)
        return MailRoute(answer.addresses, cast("Absence", answer.absent))

    async def _look_up(self, domain: str) -> Answer | EgressError:
        try:
            answer = await self._ask(domain)
        except EgressError as error:
            return error
        self._cache.put(domain, answer)
        return answer

    async def _ask(self, domain: str) -> Answer:
        try:
            if self._dns is None:
                self._dns = await name_servers(self._servers) if self._servers else dns.asyncresolver.Resolver()
            found = await self._dns.resolve(
                domain, "MX", search=False, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS
            )
        except dns.resolver.NXDOMAIN as error:
            return Answer((), absence(error), "no_such_domain")
        except (dns.exception.DNSException, OSError):
            raise EgressError("dns", f"The name servers of {domain} do not answer.", retryable=True) from None
        ttl = float(found.chaining_result.minimum_ttl)
        records = sorted({(record.preference, _name(record.exchange)) for record in found.rrset or ()})
        hosts = tuple(dict.fromkeys(host for _, host in records if host))[:_MAX_HOSTS]
        if hosts:
            return Answer(hosts, ttl)
        return Answer((), ttl, "null_mx") if records else await self._itself(domain, ttl)

    async def _itself(self, domain: str, ttl: float) -> Answer:
        """A domain without MX is its own mail server, if it has an address."""
        try:
            await self._resolver.resolve(domain)
        except EgressError as error:
            if error.detail != "absent":
                raise
            return Answer((), ttl, "no_mail_server")
        return Answer((domain,), ttl)


def _name(exchange: object) -> str:
    return str(exchange).removesuffix(".").lower()
