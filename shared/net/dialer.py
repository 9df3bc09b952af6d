"""Opening a connection: resolve once, check every answer, dial the address that was checked."""

from __future__ import annotations

import ssl

import httpcore

from shared.net.errors import EgressError, FailureDetail, was_refused
from shared.net.policy import EgressPolicy, Target
from shared.net.resolver import Resolver

_MAX_ADDRESSES = 3
"""How many of a host's addresses are tried; the rest of a long answer only costs time."""
_CERTIFICATE: dict[int, FailureDetail] = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    62: "wrong_host",
    64: "wrong_host",  # an IP address that the certificate does not name
}
"""By OpenSSL's X509_V_ERR codes (x509_vfy.h); all others come to a chain that nobody trusted signed."""


class Dialer:
    """Opens TCP and TLS streams to a target's pinned address."""

    def __init__(self, policy: EgressPolicy, resolver: Resolver, ca_file: str) -> None:
        self._policy = policy
        self._resolver = resolver
        self._backend = httpcore.AnyIOBackend()
        self._tls = {
            (http2, unproven): _tls(ca_file, http2=http2, any_certificate=unproven)
            for http2 in (False, True)
            for unproven in (False, True)
        }

    async def dial(
        self, target: Target, timeout: float | None, *, http2: bool = True, fresh: bool = False
    ) -> httpcore.AsyncNetworkStream:
        """A connected stream, TLS done for https alone; with `http2` that is offered, see `speaks_http2`.

        Raises EgressError (dns, blocked_address, tls) and httpcore's ConnectError, ConnectTimeout.
        `timeout` holds for each address that is tried and for the handshake. `fresh` passes over
        remembered addresses.
        """
        stream = await self._connect(target, await self._addresses(target, fresh), timeout)
        if target.scheme != "https":
            return stream
        try:
            return await stream.start_tls(self._tls[http2, target.any_certificate], target.host, timeout)
        except BaseException as error:
            await stream.aclose()
            cause = error.__cause__ or error.__context__
            if isinstance(error, httpcore.ConnectError) and isinstance(cause, ssl.SSLError):
                message = f"No secure connection to {target.host}: {_reason(cause)}."
                raise EgressError("tls", message, detail=_detail(cause)) from None
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
        failures: list[Exception] = []
        for ip in addresses[:_MAX_ADDRESSES]:
            try:
                return await self._backend.connect_tcp(ip, target.dial_port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failures.append(error)
        # A host has refused when all of its addresses did.
        raise next((failure for failure in failures if not was_refused(failure)), failures[0])


def speaks_http2(stream: httpcore.AsyncNetworkStream) -> bool:
    """Whether the handshake agreed on HTTP/2 (ALPN, RFC 7301)."""
    tls = stream.get_extra_info("ssl_object")
    return tls is not None and tls.selected_alpn_protocol() == "h2"


def _tls(ca_file: str, *, http2: bool, any_certificate: bool) -> ssl.SSLContext:
    if any_certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context()
        if ca_file:
            context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    return context


def _detail(error: ssl.SSLError) -> FailureDetail:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, "untrusted")
    return ""


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return (error.reason or "the handshake failed").lower().replace("_", " ")
