"""`example.com` and `www.example.com`: the other name a site may answer to."""

from __future__ import annotations

import re

from shared.net.public_suffix import suffixes

_SITE = re.compile(r"(?P<scheme>https?://)?(?P<host>[^/:?#\[\]]+)(?P<rest>[/:?#].*)?", re.DOTALL)


def host_of(site: str) -> str | None:
    """The host of what `normalize_site` returned; None for an IPv6 address."""
    parts = _SITE.fullmatch(site)
    return parts["host"] if parts else None


def twin(site: str) -> str | None:
    """A `site`, as `normalize_site` returns it, with `www.` before a registrable domain, or without its `www.`.

    None for other hosts: shop.example.com has no twin. The first call reads the public suffix list (tenths of
    a second).
    """
    parts = _SITE.fullmatch(site)
    if parts is None:
        return None
    host: str = parts["host"]
    bare = host.removeprefix("www.")
    registrable = _registrable(bare)
    if registrable is None or (host == bare and bare != registrable):
        return None
    other = f"www.{bare}" if host == bare else bare
    return f"{parts['scheme'] or ''}{other}{parts['rest'] or ''}"


def _registrable(host: str) -> str | None:
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdecimal():
        return None
    found = suffixes()(host)
    if not found.suffix:  # not in the list: its last label is the suffix, as the list's own rule has it
        return ".".join(labels[-2:])
    return found.top_domain_under_public_suffix or None
