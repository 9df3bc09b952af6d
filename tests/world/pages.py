"""The pages of a site: its description poured into the template of its CMS."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from tests.world.catalogue import Site
from tests.world.http import Answer
from tests.world.pictures import icon_ico, logo_png

_ALPHANUMERIC = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"

_jinja = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=jinja2.select_autoescape(["html"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Identifiers:
    """Account numbers that look like a vendor's and depend on the host alone."""

    def __init__(self, host: str) -> None:
        self._host = host

    def digits(self, name: str, length: int) -> str:
        """A decimal number that does not begin with 0."""
        number = int(hashlib.sha256(f"{self._host} {name}".encode()).hexdigest(), 16)
        return f"{number % 9 + 1}{number // 9 % 10 ** (length - 1):0{length - 1}d}"

    def code(self, name: str, length: int) -> str:
        """Capital letters and digits."""
        digest = hashlib.sha512(f"{self._host} {name}".encode()).digest()
        return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest[:length])

    def hexadecimal(self, name: str, length: int) -> str:
        """Lower-case hexadecimal."""
        return hashlib.sha512(f"{self._host} {name}".encode()).hexdigest()[:length]


@lru_cache(maxsize=512)
def page(site: Site, path: str) -> Answer | None:
    """What the site shows under a path; None: it has no such page."""
    clean = path.rstrip("/") or "/"
    if clean == "/robots.txt":
        return Answer(site.robots.encode(), site.robots_status, "text/plain")
    if clean == "/sitemap.xml":
        return Answer.compressible(_sitemap(site).encode(), "application/xml", {})
    if clean == "/logo.svg":
        return Answer(_render("logo.svg", site=site).encode(), content_type="image/svg+xml")
    if clean.endswith("/logo.png"):
        return Answer(logo_png(site), content_type="image/png")
    if clean.endswith("/favicon.ico"):
        return Answer(icon_ico(site), content_type="image/vnd.microsoft.icon")
    views = {
        "/": (site.title or site.nom, site.sections),
        "/contact": ("Contact", [{"kind": "contact", "title": "Nous contacter"}]),
        "/mentions-legales": ("Mentions légales", [{"kind": "legal", "title": "Mentions légales"}]),
    }
    if clean not in views:
        return None
    title, sections = views[clean]
    return html(site, title, sections, path=clean, status=site.status if clean == "/" else 200)


@lru_cache(maxsize=128)
def not_found(site: Site) -> Answer:
    """The site's own 404 page."""
    return html(
        site,
        "Page introuvable",
        [{"kind": "text", "title": "Oups", "text": ["Cette page n'existe pas."]}],
        path="/404",
        status=404,
    )


def html(site: Site, title: str, sections: list[dict[str, Any]], *, path: str, status: int = 200) -> Answer:
    """A page in the template, the charset and with the headers of its site."""
    text = _render(
        f"{site.template}.html", site=site, title=title, sections=sections, path=path, ids=Identifiers(site.host)
    )
    body = text.encode(site.charset, "xmlcharrefreplace")
    declared = f"; charset={site.declared}" if site.declared else ""
    return Answer.compressible(body, f"text/html{declared}", site.headers, status)


def _render(template: str, **values: Any) -> str:
    return _jinja.get_template(template).render(**values)


def _sitemap(site: Site) -> str:
    addresses = "".join(
        f"<url><loc>https://{site.host}{path}</loc></url>" for path in ("/", "/contact", "/mentions-legales")
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{addresses}</urlset>'
