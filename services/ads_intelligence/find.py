"""Which vendors the evidence shows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.ads_intelligence.evidence import Address, Evidence, hosts_above
from services.ads_intelligence.third_party.entities import entity_of
from services.ads_intelligence.vendors import ANY_HOST, Role, Sign, signs, vendors

_MAX_IDS = 5


class Found(msgspec.Struct):
    """A vendor that is used."""

    slug: str
    role: Role
    network: str
    audience: bool
    ids: list[str] = []
    """Accounts, in the order in which they stand; empty: none is told."""


def find(evidence: Iterable[Evidence]) -> list[Found]:
    """Every vendor once, those of vendors.toml in its order, then others by name. Pure."""
    found: dict[str, list[str]] = {}
    others: dict[str, Role] = {}
    for one in evidence:
        for address in dict.fromkeys(one.addresses):
            if not _by_address(address, found) and address.is_script:
                entity = entity_of(address.host)
                if entity is not None:
                    others[entity.slug] = entity.role
        _by_code(one.code, found)
        for tag in one.tags:
            for sign in signs().tags:
                _note(found, sign, tag)
    known = [
        Found(slug, vendor.role, vendor.network or slug, vendor.audience, found[slug])
        for slug, vendor in vendors().items()
        if slug in found
    ]
    return known + [Found(slug, role, slug, False) for slug, role in sorted(others.items()) if slug not in found]


def _by_address(address: Address, found: dict[str, list[str]]) -> bool:
    """Whether the host is in the table: then the table alone says what its addresses mean."""
    known = False
    for host in hosts_above(address.host):
        for sign in signs().at.get(host, ()):
            known = True
            _note(found, sign, address.path)
    for sign in signs().at[ANY_HOST]:
        known = _note(found, sign, address.path) or known
    return known


def _by_code(code: str, found: dict[str, list[str]]) -> None:
    table = signs()
    for number in sorted({match[0] for match in table.automaton.find_matches_as_indexes(code, overlapping=True)}):
        for sign in table.says[number]:
            for match in sign.form.finditer(code):
                _keep(found.setdefault(sign.slug, []), match[1] if match.re.groups else None)


def _note(found: dict[str, list[str]], sign: Sign, text: str) -> bool:
    match = sign.form.match(text)
    if match is not None:
        _keep(found.setdefault(sign.slug, []), match[1] if match.re.groups else None)
    return match is not None


def _keep(ids: list[str], number: str | None) -> None:
    if number and number not in ids and len(ids) < _MAX_IDS and len(set(number)) > 1:
        ids.append(number)
