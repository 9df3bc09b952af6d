"""Until when a certificate holds, read from its bytes: Python tells it of verified certificates alone.

X.509 in DER (RFC 5280 section 4.1, X.690): Certificate > tbsCertificate > [version], serial, algorithm, issuer,
validity > notBefore, notAfter.
"""

from __future__ import annotations

from datetime import UTC, datetime

_VERSION = 0xA0
_UTC_TIME = 0x17
_BEFORE_VALIDITY = 3
"""Fields between the optional version and the validity."""


def not_after(der: bytes) -> datetime | None:
    """The end of a certificate's validity; None when the bytes are no certificate. Constant work, never raises."""
    try:
        _, at, _ = _element(der, _element(der, 0)[1])
        tag, _, end = _element(der, at)
        if tag == _VERSION:
            at = end
        for _ in range(_BEFORE_VALIDITY):
            _, _, at = _element(der, at)
        _, at, _ = _element(der, at)
        _, _, at = _element(der, at)
        tag, start, end = _element(der, at)
        return _time(der[start:end].decode("ascii"), short=tag == _UTC_TIME)
    except (IndexError, ValueError):
        return None


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, beginning and end of the content of what stands at `at`. Raises IndexError."""
    length, start = der[at + 1], at + 2
    if length >= 0x80:  # so many bytes of length follow
        start += length & 0x7F
        length = int.from_bytes(der[at + 2 : start], "big")
    return der[at], start, start + length


def _time(text: str, *, short: bool) -> datetime:
    """UTCTime has two digits of the year: 50 to 99 are of the last century (section 4.1.2.5.1)."""
    if short:
        text = f"{'19' if text[:2] >= '50' else '20'}{text}"
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
