"""Which strings are e-mail addresses that somebody can be written to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

import idna
import msgspec

from services.emails.vocabulary import MACHINE, PLACEHOLDER
from shared.web.domains import has_public_suffix, is_placeholder, provider_of, registrable, same_site

_FOUND = re.compile(
    r"(?<![\w.+%/=@-])([a-z0-9_][a-z0-9._%+'-]{0,63})@"
    r"([a-z0-9à-ÿ](?:[a-z0-9à-ÿ-]{0,62}[a-z0-9à-ÿ])?(?:\.[a-z0-9à-ÿ](?:[a-z0-9à-ÿ-]{0,62}[a-z0-9à-ÿ])?){1,5})",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"^(?:u003[ce]|x3[ce]|%20|%3[ce]|x22|u0022|20(?=[a-z]{3,}))+", re.IGNORECASE)
_GLUED = re.compile(r"([a-z]{2,})(?=[A-Z])")
_IDENTIFIER = re.compile(r"[0-9a-f]{16,}|[0-9a-f-]{32,}|\d{8,}|(?=[a-z0-9]{24,}$)(?=(?:[a-z]*\d){4})[a-z0-9]+")
"""What programs call each other: sentry keys, message ids."""
_PICTURE = re.compile(r"\d+x")
_FILE_LIKE = frozenset({"zip", "mov", "app", "py", "sh", "md", "rs", "pl", "js", "css", "so", "ps", "ai"})
"""Endings of files that are suffixes too; nobody known writes mail from them, but pages are full of `icon@2x.zip`."""
_DOTS = re.compile(r"\.{2,}|^\.|\.$")


class Address(msgspec.Struct, frozen=True):
    """A well-formed address in lower case."""

    local: str
    domain: str
    """As in DNS, international names in punycode."""

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def addresses_in(text: str, site: str) -> Iterator[Address]:
    """Usable addresses in a text, in order; `site` is the host of the site they were found on. Pure, linear."""
    for found in _FOUND.finditer(text) if "@" in text else ():
        address = usable(found[1], found[2], site)
        if address is not None:
            yield address


def from_mailto(target: str, site: str) -> Iterator[Address]:
    """Usable addresses of what stands after `mailto:`, its subject and its like left out."""
    plain = unquote(target.partition("?")[0].partition("&subject")[0][:1000])
    for one in re.split(r"[,;]", plain):
        yield from addresses_in(one.strip(" <>\"'\u200b\u00a0"), site)


@lru_cache(maxsize=4096)
def usable(local: str, domain: str, site: str) -> Address | None:
    """The address, unless it is no address, a picture's name, an identifier, an example or a provider's own."""
    local = _ESCAPED.sub("", local).strip("'").lower()
    host = _domain(domain, site)
    if host is None or not local or _DOTS.search(local) or "%" in local:
        return None
    if (
        local in MACHINE
        or local.startswith(("noreply", "no-reply"))
        or _PICTURE.match(local)
        or _IDENTIFIER.search(local)
    ):
        return None
    if local in PLACEHOLDER or is_placeholder(host):
        return None
    provider = provider_of(host)
    return None if provider is not None and not same_site(host, site) else Address(local, host)


def _domain(domain: str, site: str) -> str | None:
    """The domain in lower case without what was glued to its end; None without a real suffix."""
    head, _, last = domain.rpartition(".")
    for ending in (last, *(_GLUED.findall(last)[:1])):
        name = _ascii(f"{head}.{ending}".lower())
        if name is None or ending.lower() in _FILE_LIKE or _PICTURE.match(name):
            continue
        if has_public_suffix(name) or registrable(name) == registrable(site):
            return name
    return None


def _ascii(name: str) -> str | None:
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
