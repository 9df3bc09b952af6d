"""What a fetch brings back."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Any

import httpcore
import msgspec

from shared.net.certificate import not_after


class TlsInfo(msgspec.Struct, frozen=True):
    """The connection's TLS: protocol version, who signed the certificate, until when it holds (ISO 8601).

    Of a certificate that was not verified nobody says who signed it: the issuer is empty.
    """

    version: str
    issuer: str
    not_after: str

    def days_left(self, now: datetime) -> int:
        """Whole days until the certificate ends; negative afterwards."""
        return (datetime.fromisoformat(self.not_after) - now).days


class Response(msgspec.Struct, frozen=True, tag="response", dict=True):
    """A complete answer. `url` is the last of `redirects`, or the requested one. What is worked out of it may be kept
    in its `__dict__`, which is neither compared nor written."""

    requested_url: str
    url: str
    status: int
    headers: list[tuple[str, str]]
    """Lower-case names in the order they came; Set-Cookie once for each."""
    body: bytes
    http_version: str
    elapsed_ms: int
    """The last request's time, from dialling to the last byte, without waits of politeness."""
    redirects: list[str]
    """Every address after the requested one, the final one included."""
    tls: TlsInfo | None
    ip: str
    fetched_at: str
    """ISO 8601, UTC."""

    def header(self, name: str) -> str | None:
        """The first value of a header (lower-case name)."""
        return next((value for key, value in self.headers if key == name), None)


class Peer(msgspec.Struct, frozen=True):
    """Who is at the other end of a connection."""

    ip: str
    tls: TlsInfo | None

    @classmethod
    def of(cls, stream: httpcore.AsyncNetworkStream) -> Peer:
        address = stream.get_extra_info("server_addr")  # None: it has hung up already
        return cls(str(address[0]) if address else "", tls_info(stream.get_extra_info("ssl_object")))


def tls_info(connection: ssl.SSLObject | None) -> TlsInfo | None:
    """Read a connection's certificate; None for plain http."""
    if connection is None:
        return None
    certificate = connection.getpeercert()
    if not certificate:
        ends = not_after(connection.getpeercert(binary_form=True) or b"")
        return TlsInfo(connection.version() or "", "", ends.isoformat()) if ends is not None else None
    names: Any = certificate.get("issuer", ())
    issuer = {key: value for part in names for key, value in part}
    seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return TlsInfo(
        version=connection.version() or "",
        issuer=str(issuer.get("organizationName") or issuer.get("commonName") or ""),
        not_after=datetime.fromtimestamp(seconds, UTC).isoformat(),
    )
