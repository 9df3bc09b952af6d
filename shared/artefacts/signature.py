"""AWS Signature Version 4, as S3 wants it.

Source: docs.aws.amazon.com, Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

import msgspec


class Credentials(msgspec.Struct, frozen=True):
    """Who signs, and for which region."""

    access_key: str
    secret_key: str
    region: str


def sign(
    credentials: Credentials, method: str, url: str, *, query: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, str]:
    """The headers that sign a request to `url` (without a query) at `now` (UTC): Host, X-Amz-… and Authorization.

    `url`'s path must be of unreserved characters and slashes: it is signed as it is written. Pure.
    """
    parts = urlsplit(url)
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": moment,
    }
    signed = ";".join(headers)
    canonical = "\n".join(
        (
            method,
            parts.path or "/",
            canonical_query(query),
            *(f"{name}:{value}" for name, value in headers.items()),
            "",
            signed,
            headers["x-amz-content-sha256"],
        )
    )
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    about = f"Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, Signature={_hmac(key, text).hex()}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {about}"}


def canonical_query(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, everything but unreserved characters percent-encoded."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
