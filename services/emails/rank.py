"""Whose addresses these are, and which one to write to first."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.emails.address import Address
from services.emails.find import ASSEMBLED, LINKED, STATED, Sighting
from services.emails.vocabulary import desk, is_personal
from shared.web.domains import is_mailbox_provider, registrable

_MOST = 20
_KIN = 5
"""Letters that two names must share at least to be of one owner."""
OWN, FREE, FOREIGN = range(3)


class Candidate(msgspec.Struct, frozen=True):
    """An address with all that was seen of it."""

    address: Address
    domain: int
    """OWN: the site's domain or one of the same name, FREE: a mailbox provider's, FOREIGN: another."""
    personal: bool
    page: int
    way: int
    order: int
    placed: bool


def ranked(sightings: Iterable[Sighting], site: str) -> list[Candidate]:
    """The publisher's addresses, the best first, at most 20. The same sightings give the same order. Pure.

    Order: other people's domains last; a person before a desk; the own domain before a mailbox provider's; a desk for
    strangers before one for one matter; then how and where it was first seen. Left out: what stands only where
    somebody else is spoken of, and another's domain in the middle of a text unless it is all there is.
    """
    by_address: dict[Address, list[Sighting]] = {}
    for one in sightings:
        by_address.setdefault(one.address, []).append(one)
    candidates = [
        candidate
        for order, (address, seen) in enumerate(by_address.items())
        if (candidate := _candidate(address, seen, site, order)) is not None
    ]
    sure = [one for one in candidates if one.domain != FOREIGN or one.placed]
    alone = [one for one in candidates if one.way in (STATED, LINKED)]
    return sorted(sure or (alone if len(alone) == 1 else []), key=_worth)[:_MOST]


def _candidate(address: Address, seen: list[Sighting], site: str, order: int) -> Candidate | None:
    domain = _domain(address.domain, site)
    # A script's address has no place of its own: when the text names it as somebody else's, it is.
    told = [one for one in seen if one.way != ASSEMBLED] or seen
    own = [one for one in told if not one.foreign]
    if not own and domain != OWN:
        return None
    first = (own or told)[0]
    label = registrable(site).partition(".")[0]
    return Candidate(
        address=address,
        domain=domain,
        personal=is_personal(address.local, label, on_own_domain=domain == OWN),
        page=first.page,
        way=first.way,
        order=order,
        placed=any(one.placed for one in own),
    )


def _worth(one: Candidate) -> tuple[bool, bool, int, int, bool, int, int]:
    matter = 0 if one.personal else desk(one.address.local)
    return (one.domain == FOREIGN, not one.personal, one.domain, matter, not one.placed, one.page, one.order)


def _domain(domain: str, site: str) -> int:
    if registrable(domain) == registrable(site):
        return OWN
    if is_mailbox_provider(domain):
        return FREE
    return OWN if _kin(domain, site) else FOREIGN


def _kin(domain: str, site: str) -> bool:
    """`dupont-pains.com` and `dupontpains.fr`; also `pains-dupont-lyon.fr`, when one name is in the other."""
    one, other = (registrable(name).partition(".")[0].replace("-", "") for name in (domain, site))
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= _KIN + 2 and short in long)
