"""Names to addresses: the system's resolver, or the DNS servers of the settings."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.resolver

from shared.net.dns_cache import Answer, DnsCache
from shared.net.errors import EgressError
from shared.net.single_flight import SingleFlight

LOOKUP_SECONDS = 5.0
"""Below the time of a whole fetch, so that a dead name server is told apart from a slow page."""
_LOOKUP_THREADS = 64
"""getaddrinfo blocks; the loop's default pool (6 threads on two cores) would serialise a crawl."""


_SYSTEM_TTL = 30.0
"""getaddrinfo tells no TTL."""


class Resolver:
    """Resolves a name to all of its addresses, IPv4 first, and remembers them for their TTL.

    Any number of callers ask for a name at once and it is looked up once. Name servers that fail or
    keep silent are not remembered. Raises EgressError `dns`.
    """

    def __init__(self, dns_servers: list[str], cache: DnsCache | None = None) -> None:
        self._servers = dns_servers
        self._cache = DnsCache() if cache is None else cache
        self._flights: SingleFlight[Answer | EgressError] = SingleFlight()
        self._dns: dns.asyncresolver.Resolver | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def resolve(self, host: str, *, fresh: bool = False) -> list[str]:
        """Every IPv4 and IPv6 address of `host`, never empty; `fresh` passes over what is remembered."""
        answer: Answer | EgressError | None = None if fresh else self._cache.get(host)
        if answer is None:
            answer = await self._flights.run((host, fresh), lambda: self._look_up(host))
        if isinstance(answer, EgressError):
            raise EgressError(answer.code, answer.message, retryable=answer.retryable)
        if answer.absent:
            raise EgressError("dns", answer.absent, detail="absent")
        return list(answer.addresses)

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _look_up(self, host: str) -> Answer | EgressError:
        try:
            answer = await (self._ask(host) if self._servers else self._ask_system(host))
        except EgressError as error:
            return error
        if not (answer.addresses or answer.absent):
            answer = Answer((), answer.ttl, f"{host} has no address.")
        self._cache.put(host, answer)
        return answer

    async def _ask_system(self, host: str) -> Answer:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="resolver")
        lookup = asyncio.get_running_loop().run_in_executor(self._threads, _getaddrinfo, host)
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                return Answer(tuple(await lookup), _SYSTEM_TTL)
        except TimeoutError:
            raise _unanswered(host) from None
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise _unanswered(host) from None
            return Answer((), _SYSTEM_TTL, f"{host} does not exist.")
        except (OSError, UnicodeError):
            raise EgressError("dns", f"{host} cannot be resolved.") from None

    async def _ask(self, host: str) -> Answer:
        if self._dns is None:
            self._dns = await name_servers(self._servers)
        both = await asyncio.gather(
            _records(self._dns, host, "A"), _records(self._dns, host, "AAAA"), return_exceptions=True
        )
        answers = [answer for answer in both if isinstance(answer, Answer)]
        addresses = tuple(address for answer in answers for address in answer.addresses)
        for failure in both:
            if isinstance(failure, BaseException) and not addresses:
                raise failure
        absent = "" if addresses else next((answer.absent for answer in answers if answer.absent), "")
        with_some = [answer.ttl for answer in answers if answer.addresses or not addresses]
        return Answer(addresses, min(with_some), absent)


async def _records(resolver: dns.asyncresolver.Resolver, host: str, kind: str) -> Answer:
    try:
        found = await resolver.resolve(host, kind, search=False, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS)
    except dns.resolver.NXDOMAIN as error:
        return Answer((), absence(error), f"{host} does not exist.")
    except (dns.resolver.NoNameservers, dns.exception.Timeout, OSError):
        raise _unanswered(host) from None
    except dns.exception.DNSException:
        raise EgressError("dns", f"{host} cannot be resolved.") from None
    return Answer(tuple(record.address for record in found.rrset or ()), float(found.chaining_result.minimum_ttl))


def absence(error: dns.resolver.NXDOMAIN) -> float:
    """Seconds for which the name is known to be missing: the SOA's word."""
    responses: dict[dns.name.Name, dns.message.QueryMessage] = error.kwargs["responses"]
    return min((float(one.resolve_chaining().minimum_ttl) for one in responses.values()), default=0.0)


def _unanswered(host: str) -> EgressError:
    return EgressError("dns", f"The name servers of {host} do not answer.", retryable=True)


def _getaddrinfo(host: str) -> list[str]:
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


async def name_servers(servers: list[str]) -> dns.asyncresolver.Resolver:
    """A resolver that asks exactly these servers, each `host`, `host:port` or `[ipv6]:port`."""
    resolver = dns.asyncresolver.Resolver(configure=False)
    nameservers: list[str | dns.nameserver.Nameserver] = []
    for server in servers:
        host, port = _split(server)
        rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        nameservers.append(dns.nameserver.Do53Nameserver(str(rows[0][4][0]), port))
    resolver.nameservers = nameservers
    return resolver


def _split(server: str) -> tuple[str, int]:
    try:
        return str(ip_address(server.strip("[]"))), 53
    except ValueError:
        host, colon, port = server.rpartition(":")
        return (host.strip("[]"), int(port)) if colon else (server, 53)
