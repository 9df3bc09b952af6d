"""Names to addresses: the system's resolver, or the DNS servers of the settings."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

from shared.net.errors import EgressError

LOOKUP_SECONDS = 5.0
"""Below the time of a whole fetch, so that a dead name server is told apart from a slow page."""
_LOOKUP_THREADS = 64
"""getaddrinfo blocks; the loop's default pool (6 threads on two cores) would serialise a crawl."""


class Resolver:
    """Resolves one name to all of its addresses, IPv4 first. Raises EgressError `dns`."""

    def __init__(self, dns_servers: list[str]) -> None:
        self._servers = dns_servers
        self._dns: dns.asyncresolver.Resolver | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def resolve(self, host: str) -> list[str]:
        """Every IPv4 and IPv6 address of `host`, never empty."""
        found = await (self._ask(host) if self._servers else self._ask_system(host))
        if not found:
            raise EgressError("dns", f"{host} has no address.")
        return found

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _ask_system(self, host: str) -> list[str]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="resolver")
        lookup = asyncio.get_running_loop().run_in_executor(self._threads, _getaddrinfo, host)
        try:
            return await asyncio.wait_for(lookup, LOOKUP_SECONDS)
        except TimeoutError:
            raise _unanswered(host) from None
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise _unanswered(host) from None
            raise EgressError("dns", f"{host} does not exist.") from None
        except (OSError, UnicodeError):
            raise EgressError("dns", f"{host} cannot be resolved.") from None

    async def _ask(self, host: str) -> list[str]:
        if self._dns is None:
            self._dns = await _configured(self._servers)
        answers = await asyncio.gather(
            self._records(self._dns, host, "A"), self._records(self._dns, host, "AAAA"), return_exceptions=True
        )
        found: list[str] = []
        failures: list[BaseException] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                failures.append(answer)
            else:
                found.extend(answer)
        if failures and not found:
            raise failures[0]
        return found

    @staticmethod
    async def _records(resolver: dns.asyncresolver.Resolver, host: str, kind: str) -> list[str]:
        try:
            answer = await resolver.resolve(host, kind, search=False, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS)
        except dns.resolver.NXDOMAIN:
            raise EgressError("dns", f"{host} does not exist.") from None
        except (dns.resolver.NoNameservers, dns.exception.Timeout, OSError):
            raise _unanswered(host) from None
        except dns.exception.DNSException:
            raise EgressError("dns", f"{host} cannot be resolved.") from None
        return [record.address for record in answer.rrset or ()]


def _unanswered(host: str) -> EgressError:
    return EgressError("dns", f"The name servers of {host} do not answer.", retryable=True)


def _getaddrinfo(host: str) -> list[str]:
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


async def _configured(servers: list[str]) -> dns.asyncresolver.Resolver:
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
