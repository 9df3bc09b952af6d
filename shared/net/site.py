"""Which values of a `site_web` column can be fetched at all."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

_MAX_LENGTH = 2048
_SITE = re.compile(
    r"(?:(?P<scheme>https?)://)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[^\s/?#:@\\\[\]<>\"'`{}|^%,;()!$&*+=~\x00-\x20\x7f]+)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?P<rest>[/?#][^\x00-\x1f\x7f]*)?",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+"  # underscores occur in host names, if not in domains
    r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)


def normalize_site(value: object) -> str | None:
    """The usable form of a `site_web` value, or None. Pure: no look-up, a few microseconds.

    An http(s) URL stays a URL, a bare host (`example.com`, with a port or a path if need be) stays
    bare: the fetcher tries https, then http. Scheme and host become lower case, international
    names punycode; the fragment goes. Anything else is unusable: other schemes, mail addresses,
    credentials, names without a dot, numbers that only a resolver would take for an address.
    """
    if not isinstance(value, str) or len(value) > _MAX_LENGTH:
        return None
    parts = _SITE.fullmatch(value.strip())
    if parts is None:
        return None
    host = _host(parts["host"])
    port = parts["port"]
    if host is None or (port and not 0 < int(port) < 65536):
        return None
    scheme = f"{parts['scheme'].lower()}://" if parts["scheme"] else ""
    rest = (parts["rest"] or "").partition("#")[0]
    return f"{scheme}{host}{f':{int(port)}' if port else ''}{rest}"


def normalize_domain(value: object) -> str | None:
    """A domain name alone, `example.com`: lower case, international names punycode. None for anything else."""
    parts = _SITE.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= _MAX_LENGTH else None
    if parts is None or parts["scheme"] or parts["port"] or parts["rest"]:
        return None
    host = _host(parts["host"])
    return host if host is not None and _NAME.fullmatch(host) else None


def _host(text: str) -> str | None:
    host = text.lower().removesuffix(".")
    if host.startswith("["):
        return _ipv6(host)
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    elif not _NAME.fullmatch(host):
        return _ipv4(host)
    return host if len(host) <= 253 and _NAME.fullmatch(host) else None


def _ipv4(text: str) -> str | None:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return None


def _ipv6(text: str) -> str | None:
    try:
        return f"[{IPv6Address(text[1:-1])}]"
    except AddressValueError:
        return None
