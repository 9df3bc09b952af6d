"""Which IP addresses are public: the rule that keeps hostile URLs out of private networks.

`ipaddress.is_global` alone is not enough: CPython calls multicast, site-local fec0::/10 and the
local-use NAT64 prefix global, and an IPv6 address may carry an IPv4 one that a gateway unwraps.
Sources: the IANA special-purpose address registries; RFC 6052, 8215 (NAT64), 3056 (6to4),
4380 (Teredo), 5214 (ISATAP), 4291 (IPv4-compatible and -mapped).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")
)
"""Written out beside `is_global`, because Python's own lists change between patch versions."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only IPv6 block that is allocated to the Internet: whatever lies outside is not public."""
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_LOW_32 = 0xFFFFFFFF


def is_public(ip: str | Address) -> bool:
    """True when every form of the address, unwrapped, is on the public Internet. Pure.

    A text that is no address is not public.
    """
    try:
        address = ip_address(ip) if isinstance(ip, str) else ip
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return _is_public_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & _LOW_32))
    return _is_public_v6(address) and all(map(_is_public_v4, _carried(address)))


def _carried(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses a tunnel would take out of this one."""
    carried: list[IPv4Address] = []
    if address in _COMPATIBLE:
        carried.append(IPv4Address(int(address) & _LOW_32))
    if address.sixtofour is not None:
        carried.append(address.sixtofour)
    if address.teredo is not None:
        carried.extend(address.teredo)
    if (int(address) >> 32) & _LOW_32 in _ISATAP:
        carried.append(IPv4Address(int(address) & _LOW_32))
    return carried


def _is_public_v4(address: IPv4Address) -> bool:
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved)
        and not any(address in network for network in _NOT_PUBLIC_V4)
    )


def _is_public_v6(address: IPv6Address) -> bool:
    return (
        address in _GLOBAL_UNICAST
        and address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_site_local)
        and not any(address in network for network in _NOT_PUBLIC_V6)
    )
