"""The pages of a site that a module reads, fetched from a real server."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from shared.modulekit.module import Context, Permanent
from shared.net.client import Fetcher
from shared.settings import Settings
from shared.web.site_pages import collect
from tests.world.world import World

MARGOT = "fleurs-de-margot.valmont.test"


def item(host: str) -> ItemRequested:
    return ItemRequested(job="j_1", tenant="u_1", job_type="emails", index=0, item={"url": f"https://{host}/"})


@pytest.fixture
async def world():
    async with World.start() as world:
        yield world


@pytest.fixture
async def context(world):
    async def say(*_: object) -> None:
        pass

    settings = Settings.from_env(world.settings_env() | {"OUTSEND_FETCH_TIMEOUT": "2"})
    async with Fetcher(settings) as fetcher:
        context = Context(load_manifests()["emails"], settings, fetcher, say)
        yield context
        context.close()


def asked(world: World, host: str) -> list[str]:
    return [entry.target for entry in world.log(host) if entry.target != "/robots.txt"]


async def test_pages_of_the_kinds_asked_for_in_their_order(world, context):
    pages = await collect(item(MARGOT), context, ("legal", "contact"))
    assert [page.kind for page in pages] == ["home", "legal", "contact"]
    assert [page.url.rpartition("/")[2] for page in pages] == ["", "mentions-legales", "contact"]
    assert pages[0].page.title
    assert any("Hébergement" in section.heading for section in pages[1].sections)


async def test_two_modules_ask_for_the_same_addresses(world, context):
    await collect(item(MARGOT), context, ("contact", "legal", "about"))
    first = set(asked(world, MARGOT))
    world.reset()
    await collect(item(MARGOT), context, ("legal",))
    assert set(asked(world, MARGOT)) < first


@pytest.mark.parametrize("most", [1, 2, 4])
async def test_requests_are_counted_guesses_included(world, context, most):
    await collect(item(MARGOT), context, ("pricing", "about", "contact", "legal", "terms"), most=most)
    assert len(asked(world, MARGOT)) == most


async def test_deep_reads_the_sitemap_and_nothing_twice(world, context):
    pages = await collect(item(MARGOT), context, (), most=15, deep=True)
    assert "/sitemap.xml" in asked(world, MARGOT)
    assert {page.url.rpartition("/")[2] for page in pages} == {"", "contact", "mentions-legales"}
    assert len(set(asked(world, MARGOT))) == len(asked(world, MARGOT))


async def test_a_home_page_that_fails_is_the_items_error(context):
    with pytest.raises(Permanent) as failure:
        await collect(item("geometre-pdf.valmont.test"), context, ("contact",))
    assert failure.value.code == "not_html"


async def test_other_pages_that_do_not_come_in_time_are_left_out(world, context):
    context.spec = msgspec.structs.replace(context.spec, timeout=2)
    reading = asyncio.create_task(collect(item(MARGOT), context, ("contact",)))
    await world.wait_for_requests(MARGOT, 2)  # robots.txt and the home page
    world.hold(MARGOT)
    assert [page.kind for page in await reading] == ["home"]
    world.release(MARGOT)
