"""Whose mail servers these are, and what is known of how they answer."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who takes mail for many domains."""

    name: str
    servers: tuple[str, ...]
    tells: bool = True
    """Whether it says over SMTP which mailboxes there are; who does not is not asked."""
    probe: bool = True
    """Whether it may be asked for a name that nobody has."""
    connections: int = 0
    """To all of its servers at once; 0: the setting's."""


@cache
def _by_server() -> dict[str, Provider]:
    raw = (Path(__file__).parent / "providers.toml").read_bytes()
    providers = msgspec.toml.decode(raw, type=dict[str, list[Provider]])["provider"]
    return {server: provider for provider in providers for server in provider.servers}


def provider_of(host: str) -> Provider | None:
    """The provider of a mail server: `mx1.mail.ovh.net` → OVHcloud. Pure."""
    while host:
        if (found := _by_server().get(host)) is not None:
            return found
        host = host.partition(".")[2]
    return None
