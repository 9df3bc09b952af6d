"""Good sites over real sockets: the right page, charset, headers and redirects for each host."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.unit.world.conftest import Visitor
from tests.world.bulk import BulkSite
from tests.world.world import World

MARKS = {
    "cabinet-durand.valmont.test": ["WordPress 6.8.3", "elementor-element", "doctolib.fr", "cmplz-"],
    "www.cave-des-tilleuls.valmont.test": ["var prestashop", "GTM-", "fbq('init'", "axept.io"],
    "fleurs-de-margot.valmont.test": ["Shopify.theme", "pintrk", "cookieyes"],
    "salon-lumiere.valmont.test": ["Wix.com Website Builder", "planity.com"],
    "jules-morel-photo.valmont.test": ["This is Squarespace", "calendly.com", "clarity.ms"],
    "studio-halage.valmont.test": ['content="Webflow"', "_linkedin_partner_id", "Cookiebot", "hjid"],
    "rives-vivantes.valmont.test": ["Joomla!", "UA-", "matomo.js", "helloasso"],
    "mairie.valmont-sur-loire.test": ["Drupal 10", "tarteaucitron.init"],
    "fonderie-berthier.test": ["TYPO3 CMS", "didomiConfig"],
    "cinema-le-rex.valmont.test": ["SPIP 4.3.6", "plausible.io"],
    "poterie-des-roches.valmont.test": ["Jimdo"],
    "bistrot-des-quais.valmont.test": ["__NEXT_DATA__", "zenchef"],
    "atelier-nord.valmont.test": ["window.__NUXT__"],
    "quincaillerie-fabre.test": ['content="Odoo"', "tawk.to"],
    "sports-loisirs-vallee.test": ["text/x-magento-init", "ttq.load", "cookielaw.org", "AW-"],
    "librairie-des-marges.valmont.test": ["Ghost 6.3", "list-manage.com"],
    "hotel-du-chateau.valmont.test": ["Divi v.4", "crisp.chat", "amenitiz.io"],
    "domaine-gare.valmont.test": ["à vendre", "caf.js"],
}


@pytest.mark.parametrize("host", MARKS)
async def test_a_page_carries_the_marks_of_its_tools(visitor: Visitor, world: World, host: str) -> None:
    response = await visitor.get(host)
    assert response.status_code == 200
    assert response.headers["content-encoding"] == "gzip"
    assert all(mark in response.text for mark in MARKS[host])
    for name, value in world.site(host).headers.items():
        assert response.headers[name] == value


async def test_contact_legal_and_unknown_pages(visitor: Visitor) -> None:
    host = "cabinet-durand.valmont.test"
    contact = await visitor.get(host, "/contact/")
    legal = await visitor.get(host, "/mentions-legales/")
    unknown = await visitor.get(host, "/wp-login.php")
    assert "mailto:contact@cabinet-durand.valmont.test" in contact.text
    assert "000 102 715" in legal.text
    assert (contact.status_code, legal.status_code, unknown.status_code) == (200, 200, 404)


async def test_the_plain_port_sends_to_https_and_an_alias_to_its_host(visitor: Visitor) -> None:
    bare = await visitor.get("cave-des-tilleuls.valmont.test", "/x?y=1", scheme="http")
    assert bare.status_code == 301
    assert bare.headers["location"] == "https://www.cave-des-tilleuls.valmont.test/x?y=1"
    secure = await visitor.get("www.cabinet-durand.valmont.test")
    assert secure.headers["location"] == "https://cabinet-durand.valmont.test/"


async def test_a_site_without_tls_answers_on_the_plain_port(visitor: Visitor) -> None:
    page = await visitor.get("menuiserie-paillard.valmont.test", scheme="http")
    assert "« Le bois, c’est la vie. »" in page.content.decode("cp1252")
    assert page.headers["content-type"] == "text/html"


@pytest.mark.parametrize(
    ("host", "declared", "charset", "text"),
    [
        ("tapissier-latin", "text/html; charset=utf-8", "latin-1", "Geneviève"),
        ("horloger-cp1252", "text/html", "cp1252", "« À l’heure »"),
        ("luthier-utf16", "text/html", "utf-16", "Théodore"),
        ("relieur-menteur", "text/html; charset=iso-8859-1", "utf-8", "d’Émile"),
    ],
)
async def test_charsets_lie_as_scripted(visitor: Visitor, host: str, declared: str, charset: str, text: str) -> None:
    response = await visitor.get(f"{host}.valmont.test")
    assert response.headers["content-type"] == declared
    assert text in response.content.decode(charset).replace("&#8217;", "’")


async def test_an_answer_is_compressed_only_when_asked_and_head_has_no_body(visitor: Visitor) -> None:
    host = "au-bon-levain.valmont.test"
    plain = await visitor.get(host, headers={"Accept-Encoding": "identity"})
    head = await visitor.send("HEAD", host, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert head.headers["content-length"] == plain.headers["content-length"]
    assert head.content == b""


async def test_robots_are_as_scripted(visitor: Visitor) -> None:
    secret = await visitor.get("secret-robots.valmont.test", "/robots.txt")
    broken = await visitor.get("robots-en-panne.valmont.test", "/robots.txt")
    absent = await visitor.get("robots-absent.valmont.test", "/robots.txt")
    assert secret.text == "User-agent: *\nDisallow: /\n"
    assert (broken.status_code, absent.status_code) == (503, 404)


async def test_a_bot_wall_looks_like_one(visitor: Visitor) -> None:
    wall = await visitor.get("clinique-mur.valmont.test")
    assert wall.status_code == 403
    assert "Just a moment..." in wall.text
    assert wall.headers["cf-mitigated"] == "challenge"


async def test_connections_are_kept_and_pipelined_requests_answered_in_order(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.http_port)
    for number in (1, 2, 3):
        writer.write(f"GET / HTTP/1.1\r\nHost: status-20{number}-{number}.bulk.test\r\n\r\n".encode())
    writer.write(b"GET / HTTP/1.1\r\nHost: status-418-9.bulk.test\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"201", b"202", b"203", b"418"]
    assert world.ledger.connections == 1


async def test_generated_sites(visitor: Visitor, world: World) -> None:
    items = world.bulk_items(29)
    assert items[0]["site_web"] == "https://site-00001.bulk.test/"
    page = await visitor.get("site-00036.bulk.test")
    site = BulkSite.parse("site-00036.bulk.test")
    assert site is not None
    assert site.expect.tech_cms == "wordpress"
    assert site.expect.tech_analytics == ["ga4"]
    assert site.expect.tech_ads_pixels == ["meta"]
    assert "WordPress" in page.text
    assert "G-BULK000036" in page.text
    assert "fbq(" in page.text
    slow = await visitor.get("slow-30ms-7.bulk.test", scheme="http")
    assert slow.elapsed.total_seconds() >= 0.03
    assert (await visitor.get("status-503-7.bulk.test")).status_code == 503


async def test_an_unknown_host_gets_a_default_page(visitor: Visitor) -> None:
    assert (await visitor.get("inconnu.valmont.test", scheme="http")).status_code == 404
