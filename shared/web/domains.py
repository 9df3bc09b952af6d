"""Which names belong to one site, and which domains belong to nobody in particular."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from shared.net.public_suffix import suffixes

_PROVIDERS = Path(__file__).parent / "providers.toml"
_MAILBOXES = Path(__file__).parent / "mailboxes.toml"


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who stands on the sites of others: a host, a site builder, a maker of themes, a web agency."""

    name: str
    kind: str
    """host, builder, theme, agency or authority."""
    domains: list[str] = []
    sirens: list[str] = []
    """French company numbers, 9 digits."""
    accounts: list[str] = []
    """Names of their own accounts on social networks, lower case."""


def host_of(url: str) -> str:
    """The lower-case host of a URL without `www.`; empty when there is none. Never raises."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


@lru_cache(maxsize=8192)
def registrable(host: str) -> str:
    """The domain whose owner runs this host: `shop.exemple.asso.fr` → `exemple.asso.fr`, `moi.wixsite.com` → itself.

    A name without a known suffix gives its last two labels, an address itself.
    """
    found = suffixes()(host, include_psl_private_domains=True)
    if not found.suffix:
        labels = host.split(".")
        return host if labels[-1].isdecimal() else ".".join(labels[-2:])
    domain = found.top_domain_under_public_suffix or host
    if domain in _shared() and host != domain:
        return f"{host.removesuffix('.' + domain).rpartition('.')[2]}.{domain}"
    return domain


@lru_cache(maxsize=8192)
def has_public_suffix(domain: str) -> bool:
    """Whether a name ends in a suffix of the public list and has a label of its own before it."""
    return bool(suffixes()(domain).top_domain_under_public_suffix)


def same_site(one: str, other: str) -> bool:
    """Whether two hosts are run by the same owner."""
    return bool(one) and registrable(one) == registrable(other)


class _Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shared: frozenset[str]
    provider: tuple[Provider, ...]


@cache
def _known() -> _Known:
    return msgspec.toml.decode(_PROVIDERS.read_bytes(), type=_Known)


def _shared() -> frozenset[str]:
    return _known().shared


def providers() -> tuple[Provider, ...]:
    """Everybody in providers.toml."""
    return _known().provider


@cache
def _by_domain() -> dict[str, Provider]:
    return {domain: provider for provider in providers() for domain in provider.domains}


@cache
def provider_sirens() -> frozenset[str]:
    """Company numbers that are never the publisher's, unless the site is the provider's own."""
    return frozenset(siren for provider in providers() for siren in provider.sirens)


@cache
def provider_accounts() -> frozenset[str]:
    """Account names on social networks that are never the publisher's."""
    return frozenset(name for provider in providers() for name in provider.accounts)


def provider_of(host: str) -> Provider | None:
    """The provider who owns a host or an e-mail domain: `support.ovh.com` → OVHcloud."""
    while host:
        if (found := _by_domain().get(host)) is not None:
            return found
        host = host.partition(".")[2]
    return None


@cache
def _mailboxes() -> dict[str, frozenset[str]]:
    return {name: frozenset(domains) for name, domains in tomllib.loads(_MAILBOXES.read_text("utf-8")).items()}


def is_mailbox_provider(domain: str) -> bool:
    """Whether anybody may have an address there (gmail.com, orange.fr): it says nothing of who owns it."""
    return domain in mailbox_providers()


def mailbox_providers() -> frozenset[str]:
    """All domains where anybody may have an address."""
    return _mailboxes()["free"]


def is_placeholder(domain: str) -> bool:
    """Whether the domain stands in examples and forms and is nobody's."""
    name = registrable(domain)
    return domain in _mailboxes()["placeholder"] or name in _mailboxes()["placeholder"]
