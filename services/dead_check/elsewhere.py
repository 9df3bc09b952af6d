"""A name that leads to another's domain: whose is it?"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from shared.web.domains import host_of, registrable

_LISTS = Path(__file__).parent / "elsewhere.toml"
_LEAST_NAME = 4
"""Letters of a name that may be part of another one: `dupont` of `groupe-dupont`, not `sa` of `samsung`."""

Where = Literal["same", "related", "page", "sale", "stranger"]


class _Lists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sale: frozenset[str]
    pages: frozenset[str]


@cache
def _lists() -> _Lists:
    return msgspec.toml.decode(_LISTS.read_bytes(), type=_Lists)


def where(asked: str, reached: str) -> Where:
    """What an address that was reached is to the host that was asked for. Pure.

    `related`: the same name under another suffix, or a name within the other. `page`: a platform on which
    businesses have pages. `sale`: a marketplace of names.
    """
    host = host_of(reached)
    path = urlsplit(reached).path.strip("/") if host else ""
    one, other = registrable(asked), registrable(host)
    if one == other:
        return "same"
    if _is_of(host, _lists().sale):
        return "stranger" if _is_of(asked, _lists().sale) else "sale"
    if _is_of(host, _lists().pages) and (path or host not in _lists().pages):  # not its front page: that is nobody's
        return "page"
    return "related" if _share_a_name(one, other) else "stranger"


def _is_of(host: str, domains: frozenset[str]) -> bool:
    while host and host not in domains:
        host = host.partition(".")[2]
    return bool(host)


def _share_a_name(one: str, other: str) -> bool:
    short, long = sorted((domain.partition(".")[0].replace("-", "") for domain in (one, other)), key=len)
    return short == long or (len(short) >= _LEAST_NAME and short in long)
