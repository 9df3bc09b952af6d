"""dead_check in the scripted internet: every site of the town, over real sockets."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.dead_check.extract import process
from shared.modulekit.errors import Permanent, Retryable
from shared.modulekit.module import ATTEMPT, Context
from shared.net.client import Fetcher, FetchError
from shared.settings import Settings
from tests.world.catalogue import load_sites
from tests.world.world import World

SPEC = load_manifests()["dead_check"]
NOT_OPEN = {
    "disparu": ("closed", "no_dns"),
    "sans-adresse": ("closed", "no_dns"),
    "panne-dns": ("uncertain", "dns_failure"),
    "dns-muet": ("uncertain", "timeout"),  # the test waits for less than a look-up takes
    "adresse-privee": ("uncertain", "private_address"),
    "adresse-mixte": ("uncertain", "private_address"),
    "piscine-fermee": ("closed", "connection_refused"),
    "scierie-injoignable": ("uncertain", "timeout"),
    "camping-muet": ("uncertain", "timeout"),
    "auberge-goutte": ("uncertain", "timeout"),
    "tabac-coupe": ("uncertain", "connection_failed"),
    "kebab-raccroche": ("uncertain", "connection_failed"),
    "banque-tronquee": ("uncertain", "invalid_answer"),
    "jardinerie-gzip": ("uncertain", "invalid_answer"),
    "forge-charabia": ("uncertain", "invalid_answer"),
    "loto-bavard": ("uncertain", "invalid_answer"),
    "traiteur-boucle": ("uncertain", "too_many_redirects"),
    "plombier-interne": ("uncertain", "redirect_broken"),
    "chauffagiste-interne": ("uncertain", "redirect_broken"),
    "electricien-interne": ("uncertain", "redirect_broken"),
    "carreleur-perdu": ("uncertain", "redirect_broken"),
    "secret-robots": ("uncertain", "robots"),
    "robots-en-panne": ("uncertain", "robots"),
    "boucherie-404": ("uncertain", "not_found"),
    "poissonnerie-410": ("uncertain", "not_found"),
    "ecole-500": ("uncertain", "server_error"),
    "toiletteur-vide": ("uncertain", "empty"),
    "bijoutier-blanc": ("uncertain", "empty"),
    "domaine-gare": ("closed", "for_sale"),
    "horlogerie-nue": ("closed", "default_page"),
    "couture-suspendue": ("closed", "suspended"),
    "ferronnier-parti": ("uncertain", "redirect_elsewhere"),
}
"""Every other site of the town is open, …"""
REASONS = {
    "garage-expire": "certificate_expired",
    "pressing-futur": "certificate_not_yet_valid",
    "opticien-inconnu": "certificate_untrusted",
    "serrurier-maison": "certificate_self_signed",
    "taxi-mutualise": "certificate_wrong_host",
    "notaire-chaine": "certificate_untrusted",
    "clinique-mur": "bot_wall",
    "assureur-mur": "bot_wall",
    "gym-503": "maintenance",
    "forgeron-maintenance": "maintenance",
    "chocolatier-bientot": "under_construction",
    "menage-chantier": "under_construction",
}
"""… for no other reason than `ok`, but these."""


@pytest.fixture
async def world():
    async with World.start() as world:
        yield world


@pytest.fixture
async def look(world, tmp_path):
    """The columns of a site, on its last attempt unless told otherwise."""
    settings = Settings.from_env(world.settings_env() | {"OUTSEND_FETCH_TIMEOUT": "2.5"})
    async with Fetcher(settings) as fetcher:

        async def say(*_):
            pass

        context = Context(msgspec.structs.replace(SPEC, timeout=30), settings, fetcher, say)

        async def look(site, attempt=2):
            ATTEMPT.set(attempt)
            item = ItemRequested(job="j", tenant="t", job_type=SPEC.slug, index=0, item={"site_web": site}, options={})
            return (await process(item, context)).columns

        yield look
        context.close()


async def test_the_whole_town(look):
    at_once = asyncio.Semaphore(12)

    async def one(site):
        async with at_once:
            return site.host.split(".")[0], await look(site.url)

    sites = [site for site in load_sites() if not site.host.startswith("www.")]
    found = dict(await asyncio.gather(*map(one, sites)))
    told = {name: (columns["site_alive"], columns["site_alive_reason"]) for name, columns in found.items()}
    assert {name: verdict for name, verdict in told.items() if verdict[0] != "open"} == NOT_OPEN
    assert {name: why for name, (state, why) in told.items() if state == "open" and why != "ok"} == REASONS
    assert all(
        (columns["http_status"] is None) == (not 200 <= (columns["http_status"] or 0) < 600)
        for columns in found.values()
    )


async def test_the_certificate_s_days_are_told_of_bad_ones_too(look):
    assert (await look("https://au-bon-levain.valmont.test/"))["tls_days_left"] > 0
    assert (await look("https://garage-expire.valmont.test/"))["tls_days_left"] in (-10, -11)
    assert (await look("https://serrurier-maison.valmont.test/"))["tls_days_left"] in (364, 365)
    assert (await look("http://cordonnier-http.valmont.test/"))["tls_days_left"] is None


async def test_a_default_page_without_www_does_not_close_the_site_with_it(look):
    assert (await look("https://vitrier-nu.test/"))["site_alive"] == "open"


async def test_a_name_that_is_nobody_s_is_tried_with_www(look, world):
    await look("rien-du-tout.test")
    assert world.ledger.questions["www.rien-du-tout.test"] == 1


async def test_what_is_not_open_is_looked_at_twice(look, world):
    with pytest.raises(Retryable) as first:
        await look("https://domaine-gare.valmont.test/", attempt=1)
    assert first.value.retry_after == 2.5
    requests = world.requests("domaine-gare.valmont.test")
    assert (await look("https://domaine-gare.valmont.test/", attempt=2))["site_alive"] == "closed"
    assert world.requests("domaine-gare.valmont.test") > requests


async def test_a_failure_is_not_remembered(look, world):
    """Neither the address nor robots.txt nor the page: what was away is there at the second look."""
    with pytest.raises(Retryable):
        await look("https://disparu.valmont.test/", attempt=1)
    asked = world.ledger.questions["disparu.valmont.test"]
    await look("https://disparu.valmont.test/", attempt=2)
    assert world.ledger.questions["disparu.valmont.test"] > asked


async def test_an_open_site_costs_its_robots_and_one_page(look, world):
    await look("https://au-bon-levain.valmont.test/", attempt=1)
    assert world.requests("au-bon-levain.valmont.test") == 2


async def test_no_url_is_the_item_s_own_error(look):
    with pytest.raises(Permanent) as error:
        await look("mailto:a@b.test")
    assert error.value.code == "invalid_url"


async def test_a_connection_that_was_not_verified_serves_nobody_else(world):
    settings = Settings.from_env(world.settings_env() | {"OUTSEND_FETCH_TIMEOUT": "3"})
    async with Fetcher(settings) as fetcher:
        page = await fetcher.get("https://garage-expire.valmont.test/", any_certificate=True)
        assert page.status == 200
        with pytest.raises(FetchError) as refusal:
            await fetcher.get("https://garage-expire.valmont.test/", fresh=True)
        assert (refusal.value.code, refusal.value.detail) == ("tls", "expired")
        for host in ("adresse-privee", "plombier-interne"):
            with pytest.raises(FetchError) as blocked:
                await fetcher.get(f"https://{host}.valmont.test/", any_certificate=True)
            assert blocked.value.code == "blocked_address"
