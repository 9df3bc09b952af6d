"""The domain that was meant, where a domain is a misspelt provider's or has an ending that does not exist."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
from rapidfuzz.distance import OSA

from shared.web.domains import has_public_suffix, is_mailbox_provider


class _Typos(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meant: tuple[str, ...]
    endings: dict[str, str]
    misspelt: dict[str, list[str]]


@cache
def _typos() -> _Typos:
    return msgspec.toml.decode((Path(__file__).parent / "typos.toml").read_bytes(), type=_Typos)


@cache
def _misspelt() -> dict[str, str]:
    return {wrong: right for right, all_wrong in _typos().misspelt.items() for wrong in all_wrong}


def misspelt(domain: str) -> str | None:
    """The provider of a known misspelling. It stands even when the domain takes mail: a stranger reads it. Pure."""
    return _misspelt().get(domain)


def meant(domain: str) -> str | None:
    """The domain that was meant by one that takes no mail; never another for one that is known. Pure.

    Whether an ending put right gives a domain that takes mail is for the caller to find out, unless it `is_known`.
    """
    if is_known(domain):
        return None
    if (right := misspelt(domain)) is not None:
        return right
    mended = _mended(domain)
    return _nearest(mended or domain) or mended


def is_known(domain: str) -> bool:
    """Whether the domain is a provider's of mailboxes for everybody."""
    return is_mailbox_provider(domain) or domain in _typos().meant


def _mended(domain: str) -> str | None:
    head, _, ending = domain.rpartition(".")
    right = _typos().endings.get(ending)
    return f"{head}.{right}" if right is not None and head and not has_public_suffix(domain) else None


def _nearest(domain: str) -> str | None:
    """The provider of the same name, or within one slip, two for a long name.

    A slip is a letter left out, added, changed, or swapped with its neighbour.
    """
    if is_known(domain) or misspelt(domain):
        return misspelt(domain) or domain
    label = domain.partition(".")[0]
    if len(label) > 4 and (same := next((one for one in _typos().meant if one.partition(".")[0] == label), None)):
        return same
    near = ((OSA.distance(domain, one, score_cutoff=2), one) for one in _typos().meant)
    slips, best = min(near, key=lambda found: found[0])
    return best if slips <= _allowed(best) else None


def _allowed(provider: str) -> int:
    return 2 if len(provider.partition(".")[0]) > 6 else 1
