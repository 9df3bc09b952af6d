"""Which address a request comes from, as far as it can be believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from litestar.connection import ASGIConnection

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(connection: ASGIConnection[Any, Any, Any, Any], trusted_proxies: Sequence[str]) -> str:
    """The client's IP address.

    X-Forwarded-For is believed only as far as trusted proxies wrote it: from the right, the first address that is
    no trusted proxy is the client.
    """
    peer = connection.client.host if connection.client else ""
    forwarded = ",".join(connection.headers.getall("x-forwarded-for", []))
    return believed(peer, forwarded, tuple(trusted_proxies))


def believed(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    """The client behind `peer` when it says it forwards for `forwarded`."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    address = peer
    while hops and _is_trusted(address, trusted):
        candidate = hops.pop()
        if not _is_address(candidate):
            break
        address = candidate
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    if not trusted or not _is_address(address):
        return False
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    return any(mapped in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(cidr, strict=False) for cidr in trusted)
