"""What stands in `sites/*.toml`: one business a table, with how it answers and what is expected of it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Literal

import msgspec

SITES_DIR = Path(__file__).parent / "sites"

ErrorCode = Literal[
    "dns",
    "tls",
    "timeout",
    "connection",
    "blocked_address",
    "too_many_redirects",
    "too_large",
    "not_html",
    "robots",
    "bot_wall",
    "http_4xx",
    "http_5xx",
]
Certificate = Literal[
    "valid", "expired", "not_yet_valid", "unknown_ca", "self_signed", "wrong_host", "no_chain", "none"
]
"""`no_chain`: the intermediate is not sent. `none`: nothing is served over TLS, the handshake is refused."""


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a good reader finds on the site, or why it finds nothing."""

    error: ErrorCode | None = None
    either: bool = False
    """Both this error and success are right answers; only harm would be wrong."""
    tech_cms: str | None = None
    tech_analytics: list[str] = []
    tech_ads_pixels: list[str] = []
    also: list[str] = []
    """Further technologies on the page (shop, consent, chat, payment, booking ...), by slug."""


class Dns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the resolver answers for the host."""

    kind: Literal["answer", "nxdomain", "servfail", "empty", "silent"] = "answer"
    addresses: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1"])
    then: list[str] = []
    """The addresses from the second question on: a name that is rebound after it was checked."""
    cname: str = ""
    truncate: bool = False
    """Over UDP the answer is cut (TC), so the resolver must ask again over TCP."""


class Site(msgspec.Struct, frozen=True, eq=False, kw_only=True, forbid_unknown_fields=True):
    """One business of the town and its site."""

    host: str
    """As in DNS: lower case, IDN in its xn-- form."""
    nom: str
    telephone: str
    """Always from the block 02 61 91 xx xx, which ARCEP keeps for fiction."""
    categorie: str
    expect: Expect = Expect()
    site_web: str = ""
    """As a list of leads has it; empty: https://<host>/."""
    aliases: list[str] = []
    canonical: bool = False
    """Every alias is redirected (301) to `host`."""
    ville: str = "Valmont-sur-Loire"
    code_postal: str = "45990"
    adresse: str = ""
    email: str = ""
    siren: str = ""
    """Begins with 000, which INSEE gives to nobody; its check digit is right."""

    certificate: Certificate = "valid"
    http: Literal["redirect", "serve"] = "redirect"
    """What the plain port does: send to https, or answer itself."""
    dns: Dns = Dns()
    fault: str = ""
    """A name in `faults.FAULTS`: how the site misbehaves instead of showing pages; robots.txt is still served."""
    args: dict[str, Any] = {}
    """What the fault is given."""
    robots: str = "User-agent: *\nDisallow:\n"
    robots_status: int = 200

    status: int = 200
    """Of the home page."""
    template: str = "plain"
    lang: str = "fr"
    charset: str = "utf-8"
    """How the bytes are really encoded."""
    declared: str = "utf-8"
    """The charset in Content-Type; empty: none."""
    meta_charset: str = "utf-8"
    headers: dict[str, str] = {}
    head: list[str] = []
    """Macros of `templates/tags.html` in <head>."""
    foot: list[str] = []
    """The same, before </body>."""
    title: str = ""
    description: str = ""
    sections: list[dict[str, Any]] = []
    extra: dict[str, Any] = {}
    """What only this site's template knows."""

    @property
    def url(self) -> str:
        return self.site_web or f"https://{self.host}/"

    @property
    def hosts(self) -> list[str]:
        return [self.host, *self.aliases]

    def item(self) -> dict[str, str]:
        """The row of a list of leads, in French columns."""
        return {
            "nom": self.nom,
            "site_web": self.url,
            "telephone": self.telephone,
            "adresse": self.adresse,
            "ville": self.ville,
            "code_postal": self.code_postal,
            "category": self.categorie,
        }


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: list[Site]


@functools.cache
def load_sites(folder: Path = SITES_DIR) -> tuple[Site, ...]:
    """Every site of the town, in the order of file names. Raises ValueError when two claim one host."""
    sites: list[Site] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            sites += msgspec.toml.decode(path.read_bytes(), type=_File).site
        except msgspec.ValidationError as error:
            raise ValueError(f"{path.name}: {error}") from error
    hosts = [host for site in sites for host in site.hosts]
    twice = {host for host in hosts if hosts.count(host) > 1}
    if twice:
        raise ValueError(f"two sites claim {', '.join(sorted(twice))}")
    return tuple(sites)
