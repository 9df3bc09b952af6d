"""Opening a connection: resolve once, check every answer, dial the address that was checked."""

from __future__ import annotations

import ssl

import httpcore

from shared.net.errors import EgressError
from shared.net.policy import EgressPolicy, Target
from shared.net.resolver import Resolver

_MAX_ADDRESSES = 3
"""How many of a host's addresses are tried; the rest of a long answer only costs time."""


class Dialer:
    """Opens TCP and TLS streams to a target's pinned address."""

    def __init__(self, policy: EgressPolicy, resolver: Resolver, ca_file: str) -> None:
        self._policy = policy
        self._resolver = resolver
        self._backend = httpcore.AnyIOBackend()
        self._http1 = _tls(ca_file, ["http/1.1"])
        self._http2 = _tls(ca_file, ["h2", "http/1.1"])

    async def dial(
        self, target: Target, timeout: float | None, *, http2: bool = True, fresh: bool = False
    ) -> httpcore.AsyncNetworkStream:
        """A connected stream, TLS done for https; with `http2` that is offered, see `speaks_http2`.

        Raises EgressError (dns, blocked_address, tls) and httpcore's ConnectError, ConnectTimeout.
        `timeout` holds for each address that is tried and for the handshake. `fresh` passes over
        remembered addresses.
        """
        stream = await self._connect(target, await self._addresses(target, fresh), timeout)
        if target.scheme == "http":
            return stream
        try:
            return await stream.start_tls(self._http2 if http2 else self._http1, target.host, timeout)
        except BaseException as error:
            await stream.aclose()
            cause = error.__cause__ or error.__context__
            if isinstance(error, httpcore.ConnectError) and isinstance(cause, ssl.SSLError):
                raise EgressError("tls", f"No secure connection to {target.host}: {_reason(cause)}.") from None
            raise

    async def _addresses(self, target: Target, fresh: bool) -> list[str]:
        found = [target.literal] if target.literal else await self._resolver.resolve(target.host, fresh=fresh)
        # Every time, remembered answers included.
        if not all(self._policy.admits(target, ip) for ip in found):
            raise EgressError("blocked_address", f"{target.host} has an address that may not be reached.")
        return found

    async def _connect(
        self, target: Target, addresses: list[str], timeout: float | None
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for ip in addresses[:_MAX_ADDRESSES]:
            try:
                return await self._backend.connect_tcp(ip, target.dial_port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None, "a resolver never answers an empty list"
        raise failure


def speaks_http2(stream: httpcore.AsyncNetworkStream) -> bool:
    """Whether the handshake agreed on HTTP/2 (ALPN, RFC 7301)."""
    tls = stream.get_extra_info("ssl_object")
    return tls is not None and tls.selected_alpn_protocol() == "h2"


def _tls(ca_file: str, protocols: list[str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(protocols)
    return context


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return (error.reason or "the handshake failed").lower().replace("_", " ")
