"""Every setting of every service, read from the environment once, at the composition root.

A setting is `OUTSEND_<FIELD>` in upper case, except the two addresses the whole field knows by
their own names: `NATS_URL` and `MONGODB_URL`. Values are typed; a value that does not parse stops
the process with a sentence that names the variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

_OWN_NAMES = {"nats_url": "NATS_URL", "mongodb_url": "MONGODB_URL"}


class SettingsError(Exception):
    """The environment holds a value that cannot be used; the process must not start."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The typed settings. Durations are seconds, sizes are bytes, lists are comma-separated."""

    # Servers
    nats_url: str = "nats://127.0.0.1:4222"
    """May carry credentials: nats://user:password@host:port."""
    nats_replicas: int = 1
    """1: one node, file storage. 3: a cluster, `ITEMS` in memory on three nodes."""
    mongodb_url: str = "mongodb://127.0.0.1:27017"
    mongodb_database: str = "outsend"
    data_dir: Path = Path("var")
    """Where the embedded stack, artefacts and caches on disk live."""

    # HTTP
    host: str = "127.0.0.1"
    port: int = 8000
    operator_port: int = 0
    """Where /livez, /readyz and /metrics listen; 0: not at all (the edge app serves them too)."""
    public_url: str = "http://127.0.0.1:8000"
    """The address users see; links in mails start with it. https turns on Secure cookies."""
    trusted_proxies: list[str] = []
    """CIDRs whose X-Forwarded-For is believed, for throttling by client address."""
    max_body_bytes: int = 32 * 1024 * 1024

    # Limits (spec: section 5 of the API)
    max_items: int = 10_000
    max_ef_per_job: float = 1.0
    running_jobs_per_user: int = 5
    job_creations_per_minute: int = 60
    login_attempts: int = 5
    login_window: float = 15 * 60
    registrations_per_hour: int = 3
    retention_days: int = 30
    log_max_bytes: int = 20 * 1024**3
    """Size of the event log; must be below the disk's. Beyond 90 % new jobs are refused."""
    session_days: int = 7

    # Mail (verification links); without a host the link is logged
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: bool = True
    mail_from: str = "outsend@localhost"

    # Outward requests
    egress_allow: list[str] = []
    """host:port or CIDR reachable although not public. For development and tests."""
    egress_ports: list[int] = msgspec.field(default_factory=lambda: [80, 443, 8080, 8443])
    dns_servers: list[str] = []
    """host or host:port of resolvers to ask; empty: the system's."""
    egress_ca_file: str = ""
    """A further certificate authority to trust, PEM; empty: the system's alone."""
    http_port_map: dict[str, int] = {}
    """scheme=port pairs that replace the default port when a URL names none, e.g. `http=8081,https=8444`.
    For development and tests against a local internet that cannot bind 80 and 443."""
    user_agent: str = "OutsendBot/1.0 (+https://github.com/outsend/outsend)"
    robots: bool = True
    shared_hosts: list[str] = msgspec.field(default_factory=lambda: ["www.googletagmanager.com"])
    """Hosts that serve the whole web: no delay between two requests, unless their robots.txt asks for one."""
    host_delay: float = 0.5
    """Least time between two pages of one host. What comes with a page (robots.txt, its pictures) waits for none."""
    fetch_timeout: float = 15.0
    max_page_bytes: int = 5 * 1024 * 1024
    max_redirects: int = 5
    page_cache_ttl: float = 24 * 3600.0
    page_failure_ttl: float = 600.0
    page_cache_bytes: int = 2 * 1024**3
    answer_cache_ttl: float = 24 * 3600.0
    """How long what an outside API answered is told again instead of asked again."""
    answer_cache_bytes: int = 256 * 1024**2

    # Workers
    module_folders: list[Path] = []
    """Further folders of module manifests, beside the product's own."""
    worker_concurrency: int = 0
    """Items in work at once per module and process; 0: as the module's manifest says."""
    drain_timeout: float = 25.0
    """After SIGTERM: how long a worker may finish what it holds."""

    # The techstack module
    techstack_extra_rules: str = ""
    """A rule set in the Wappalyzer format to load beside our own: a JSON file or a folder of them."""
    techstack_gtm: bool = True
    """Also read the Google Tag Manager containers of a page (at most two requests more)."""

    # Artefacts: logos and screenshots (brand_assets)
    artefacts_url: str = ""
    """A bucket that speaks S3, e.g. https://s3.eu-west-3.amazonaws.com/bucket, or a folder, e.g. file:///srv/artefacts;
    empty: `artefacts` in the data folder."""
    artefacts_region: str = "us-east-1"
    artefacts_access_key: str = ""
    artefacts_secret_key: str = ""
    chromium: str = ""
    """The browser of screenshots (with the extra `screenshots`) and of Lighthouse; empty: a `chromium` on the PATH."""

    # Asking mail servers (verify_emails)
    verify_ehlo: str = ""
    """The name this machine says it has; its address should resolve back to it. Empty: the host of `public_url`."""
    verify_mail_from: str = ""
    """The sender whose mail is never sent; empty: `mail_from` where that is a real address, else nobody's (`<>`)."""
    verify_smtp_port: int = 25
    verify_timeout: float = 20.0
    """For each answer of a mail server; a connection has 10 s at most."""
    verify_connections: int = 2
    """To one mail server at once, per process."""
    verify_rate: float = 10.0
    """Recipients a second asked of one mail server, per process; 0: as fast as it answers."""
    verify_retry_delay: float = 120.0
    """Until a server that asked for patience is asked again, when it does not say how long; at most 120."""
    verify_probe_host: str = "gmail-smtp-in.l.google.com"
    """A mail server that is surely there: dialled when others cannot be reached, to tell whether port 25 is open."""

    # Sources of places (scrap)
    scrap_sources: list[str] = []
    """Which to use, first the one that decides; empty: osm, overpass and google_places, those that are configured."""
    scrap_osm_file: str = ""
    """The file of `outsend import-osm`; empty: `scrap/places.sqlite` in the data folder."""
    overpass_url: str = ""
    """An Overpass instance of one's own, e.g. http://overpass:8080; the public ones forbid this use."""
    overpass_rate: float = 4.0
    """Requests a second, over all processes; likewise the other rates."""
    google_places_key: str = ""
    google_places_url: str = "https://places.googleapis.com"
    google_places_rate: float = 8.0
    """Below the 600 a minute of a new key."""
    recherche_entreprises_url: str = "https://recherche-entreprises.api.gouv.fr"
    recherche_entreprises_rate: float = 7.0
    """What one address may send, kept strictly: in no second more, whatever is late. Less for who shares an address."""

    # Further registers of companies (legal_data)
    insee_key: str = ""
    """Of the Sirene API at portail-api.insee.fr; empty: Insee is not asked."""
    insee_url: str = "https://api.insee.fr/api-sirene/3.11"
    insee_rate: float = 0.5
    """The free plan's 30 a minute."""
    inpi_user: str = ""
    """Of an account at data.inpi.fr with access to the RNE's API; empty: the INPI is not asked."""
    inpi_password: str = ""
    inpi_url: str = "https://registre-national-entreprises.inpi.fr/api"
    inpi_rate: float = 2.0
    bodacc_url: str = "https://bodacc-datadila.opendatasoft.com/api/explore/v2.1"
    """Empty: the BODACC is not asked, and nothing is known of insolvency proceedings."""
    bodacc_rate: float = 4.0
    """One request asks for up to twenty companies."""

    # Seed inboxes (delivery_check)
    seed_inboxes: str = ""
    """A TOML file that lists them; see shared/seed_inboxes.py. Empty: there are none."""
    delivery_wait: float = 600.0
    """How long a test message may take to arrive."""
    delivery_grace: float = 300.0
    """A message counts that arrived at most so long before its job was created."""

    # Page speed (pagespeed)
    pagespeed_engine: Literal["psi", "lighthouse"] = "psi"
    """psi: Google's PageSpeed Insights, with a key; lighthouse: a Lighthouse and a Chromium of the workers' own."""
    pagespeed_key: str = ""
    pagespeed_url: str = "https://pagespeedonline.googleapis.com"
    pagespeed_rate: float = 3.0
    """Requests a second over all processes: 180 a minute, below the 240 of a key. A site takes two."""
    lighthouse: str = ""
    """The program `lighthouse`; empty: the one that `make lighthouse` installs, or one on the PATH."""

    # Observability
    log_level: str = "info"
    log_json: bool = True

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment. Raises SettingsError naming the variable at fault."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(cls):
            variable = _OWN_NAMES.get(field.name, f"OUTSEND_{field.name.upper()}")
            if variable in environ:
                values[field.name] = _parse(variable, environ[variable], field.type)
        return cls(**values)

    def to_env(self) -> dict[str, str]:
        """The variables that make `from_env` give these settings again; for child processes."""
        default = type(self)()
        return {
            _OWN_NAMES.get(name, f"OUTSEND_{name.upper()}"): _render(getattr(self, name))
            for name in self.__struct_fields__
            if getattr(self, name) != getattr(default, name)
        }


def _parse(variable: str, text: str, wanted: Any) -> Any:
    try:
        if wanted is Path:
            return Path(text)
        origin = getattr(wanted, "__origin__", None)
        if origin is list:
            parts: Any = [part.strip() for part in text.split(",") if part.strip()]
            if wanted.__args__ == (Path,):
                return [Path(part) for part in parts]
            return msgspec.convert(parts, wanted, strict=False)
        if origin is dict:
            pairs = dict(part.split("=", 1) for part in text.split(",") if part.strip())
            return msgspec.convert(pairs, wanted, strict=False)
        return msgspec.convert(text, wanted, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{variable}={text!r} cannot be used: {error}") from None


def _render(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(map(str, value))
        case dict():
            return ",".join(f"{key}={item}" for key, item in value.items())
        case _:
            return str(value)
