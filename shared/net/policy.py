"""What may be reached at all: schemes, hosts, ports and addresses, and the operator's exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
import msgspec

from shared.net.address import Address, is_public
from shared.net.errors import EgressError
from shared.settings import Settings, SettingsError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAIL = "smtp"
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")
MAX_URL_LENGTH = 8192


class Target(msgspec.Struct, frozen=True):
    """Where a request goes: `port` is the URL's, `dial_port` the one that is dialled."""

    scheme: str
    host: str
    port: int
    dial_port: int
    literal: str | None = None
    """The host, when it is written as an IP address."""
    any_certificate: bool = False
    """Whether a certificate that proves nothing will do. Part of the origin, so that no verified request ever travels
    over a connection that was not."""


class AllowList:
    """`settings.egress_allow`: `host:port`, `ip:port`, CIDR or a bare IP that may be reached although not public."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        self._hosts: set[tuple[str, int]] = set()
        self._addresses: set[tuple[Address, int]] = set()
        for entry in entries:
            self._add(entry)
        self.ports = {port for _, port in self._hosts} | {port for _, port in self._addresses}

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry, strict=False))
            return
        except ValueError:
            pass
        host, colon, port = entry.rpartition(":")
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise SettingsError(f"OUTSEND_EGRESS_ALLOW: {entry!r} is neither host:port nor a CIDR")
        try:
            self._addresses.add((ip_address(host.strip("[]")), int(port)))
        except ValueError:
            self._hosts.add((host.lower(), int(port)))

    def names(self, host: str, *ports: int) -> bool:
        return any((host, port) in self._hosts for port in ports)

    def holds(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def points_at(self, address: Address, *ports: int) -> bool:
        return any((address, port) in self._addresses for port in ports)


class EgressPolicy:
    """Decides, without any I/O, where a URL leads and whether an address may be dialled for it."""

    def __init__(self, settings: Settings) -> None:
        self._ports = frozenset(settings.egress_ports)
        self._port_map = settings.http_port_map
        self._allow = AllowList(settings.egress_allow)

    def target(self, url: httpx.URL) -> Target:
        """Where `url` leads. Raises EgressError (invalid_url, blocked_address) before any look-up."""
        if url.scheme not in _DEFAULT_PORTS:
            raise EgressError("invalid_url", "Only http and https addresses can be fetched.")
        if url.userinfo:
            raise EgressError("invalid_url", "An address that carries a user name cannot be fetched.")
        if len(url.raw_path) > MAX_URL_LENGTH:
            raise EgressError("invalid_url", "The address is too long.")
        host = url.raw_host.decode("ascii").lower().removesuffix(".")
        port = url.port or _DEFAULT_PORTS[url.scheme]
        dial_port = port if url.port else self._port_map.get(url.scheme, port)
        literal = _literal(host)
        allowed_by_name = self._allow.names(host, port, dial_port)
        if literal is None and not allowed_by_name:
            _check_name(host)
        if not (port in self._ports or allowed_by_name or port in self._allow.ports):
            raise EgressError("blocked_address", f"Port {port} of {host} may not be reached.")
        return Target(url.scheme, host, port, dial_port, literal)

    def mail_target(self, host: str, port: int) -> Target:
        """A mail server, by the name in somebody's MX record; `port` is ours. Raises EgressError (invalid_url).

        Such a target may be dialled at that port whatever ports the settings open to URLs.
        """
        if not self._allow.names(host, port):
            _check_name(host)
        return Target(_MAIL, host, port, port)

    def admits(self, target: Target, ip: str) -> bool:
        """Whether `ip`, one of the target's addresses, may be dialled. Pure."""
        ports = (target.port, target.dial_port)
        if self._allow.names(target.host, *ports):
            return True
        address = _unmapped(ip)
        if self._allow.points_at(address, *ports):
            return True
        opened = target.scheme == _MAIL or target.port in self._ports
        return opened and (is_public(ip) or self._allow.holds(address))


def _literal(host: str) -> str | None:
    """The canonical text of an IP address host; None for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return str(address)


def _unmapped(ip: str) -> Address:
    address = ip_address(ip)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return IPv4Address(address.ipv4_mapped)
    return address


def _check_name(host: str) -> None:
    """Refuse what a resolver would take for something other than a public name.

    getaddrinfo reads 2130706433, 0x7f.1 and 127.1 as 127.0.0.1; a name without a dot is looked
    up in the local network's search domains.
    """
    if not _HOST.fullmatch(host) or ".." in host or max(map(len, host.split("."))) > 63:
        raise EgressError("invalid_url", "The address has no valid host name.")
    if "." not in host or _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        raise EgressError("invalid_url", f"{host} is not the name of a public host.")
