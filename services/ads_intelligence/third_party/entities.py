"""Whose host is it? Read from entities.json, which `build.py` makes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from services.ads_intelligence.vendors import Role

_FILE = Path(__file__).parent / "entities.json"


class Entity(msgspec.Struct, frozen=True):
    """A vendor of third-party-web."""

    slug: str
    role: Role


class Written(msgspec.Struct, frozen=True):
    """The file."""

    notice: str
    roles: dict[Role, dict[str, list[str]]]
    """By role, slugs and their hosts; `*.` stands for the host and all below it."""


def entity_of(host: str) -> Entity | None:
    """The vendor a host belongs to, when it is one of advertising, consent, audience or marketing."""
    table = _by_host()
    if (entity := table.get(host)) is not None:
        return entity
    while "." in host:
        if (entity := table.get(f"*.{host}")) is not None:
            return entity
        host = host.partition(".")[2]
    return None


@cache
def _by_host() -> dict[str, Entity]:
    written = msgspec.json.decode(_FILE.read_bytes(), type=Written)
    return {
        host: Entity(slug, role)
        for role, entities in written.roles.items()
        for slug, hosts in entities.items()
        for host in hosts
    }
