"""What a fetch brings back."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.net.errors import FetchError

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_HTTP_RETRYABLE = frozenset({408, 425, 429})
_HTTP_FINAL = frozenset({501, 505, 511})


class TlsInfo(msgspec.Struct, frozen=True):
    """The connection's TLS: protocol version, who signed the certificate, until when it holds (ISO 8601)."""

    version: str
    issuer: str
    not_after: str

    def days_left(self, now: datetime) -> int:
        """Whole days until the certificate ends; negative afterwards."""
        return (datetime.fromisoformat(self.not_after) - now).days


class Response(msgspec.Struct, frozen=True, tag="response"):
    """A complete answer. `url` is the last of `redirects`, or the requested one."""

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


def require_html(response: Response) -> Response:
    """The response itself, when it is a good HTML page. Raises FetchError (http_4xx, http_5xx, not_html)."""
    status, url = response.status, response.url
    if status >= 500:
        raise FetchError("http_5xx", f"The site answered {status}.", retryable=status not in _HTTP_FINAL, url=url)
    if status >= 400:
        raise FetchError("http_4xx", f"The site answered {status}.", retryable=status in _HTTP_RETRYABLE, url=url)
    kind = (response.header("content-type") or "").partition(";")[0].strip().lower()
    if kind in _HTML_TYPES or (not kind and response.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")):
        return response
    raise FetchError("not_html", f"The address leads to {kind or 'unknown content'}, not to an HTML page.", url=url)


def tls_info(connection: ssl.SSLObject | None) -> TlsInfo | None:
    """Read a verified connection's certificate; None for plain http."""
    certificate = connection.getpeercert() if connection is not None else None
    if connection is None or not certificate:
        return None
    names: Any = certificate.get("issuer", ())
    issuer = {key: value for part in names for key, value in part}
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return TlsInfo(
        version=connection.version() or "",
        issuer=str(issuer.get("organizationName") or issuer.get("commonName") or ""),
        not_after=datetime.fromtimestamp(ends, UTC).isoformat(),
    )
