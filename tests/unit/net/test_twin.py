from __future__ import annotations

import pytest

from shared.net.client import Fetcher, FetchError
from shared.net.twin import twin
from tests.unit.net.servers import page, redirect
from tests.unit.net.world import World


@pytest.mark.parametrize(
    ("site", "other"),
    [
        ("shop.fr", "www.shop.fr"),
        ("www.shop.fr", "shop.fr"),
        ("https://shop.co.uk/a?b", "https://www.shop.co.uk/a?b"),
        ("http://www.shop.fr:8080", "http://shop.fr:8080"),
        ("www.blog.shop.fr", "blog.shop.fr"),
        ("xn--caf-dma.fr", "www.xn--caf-dma.fr"),
        ("shop.example", "www.shop.example"),
        ("blog.shop.fr", None),
        ("co.uk", None),
        ("www.co.uk", None),
        ("1.2.3.4", None),
        ("http://[2001:db8::1]/", None),
    ],
)
def test_twin(site: str, other: str | None) -> None:
    assert twin(site) == other


async def test_a_name_that_does_not_resolve_is_tried_with_www(world: World) -> None:
    world.dns.records = {"www.shop.example": [["127.0.0.1"]], "bare.example": [["127.0.0.1"]]}
    world.secure.pages["/"] = page(b"<p>secure</p>")
    world.site.pages["/x"] = page(b"<p>plain</p>")
    async with Fetcher(world.settings) as fetcher:
        found = await fetcher.get_site("shop.example")
        assert (found.url, found.body) == ("https://www.shop.example/", b"<p>secure</p>")
        found = await fetcher.get_site("http://www.bare.example/x")
        assert (found.url, found.body) == ("http://bare.example/x", b"<p>plain</p>")


async def test_no_address_counts_as_missing_and_silence_does_not(world: World) -> None:
    world.dns.records = {
        "empty.example": [[]],
        "www.empty.example": [["127.0.0.1"]],
        "www.broken.example": [["127.0.0.1"]],
    }
    world.dns.failing.add("broken.example")
    world.site.pages["/"] = page()
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get_site("http://empty.example/")).url == "http://www.empty.example/"
        with pytest.raises(FetchError) as caught:
            await fetcher.get_site("http://broken.example/")
    assert (caught.value.code, caught.value.retryable) == ("dns", True)


async def test_when_neither_name_is_there_the_given_one_is_reported(world: World) -> None:
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError, match=r"^gone\.example does not exist") as caught:
            await fetcher.get_site("gone.example")
    assert caught.value.url == "https://gone.example/"


async def test_a_redirect_into_the_void_is_not_the_sites_own_name(world: World) -> None:
    world.site.pages["/"] = redirect("http://gone.example/")
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get_site("http://shop.example/")
    assert caught.value.code == "dns"
    assert world.site.targets() == ["/"]
    assert world.dns.asked["www.shop.example A"] == 0


@pytest.mark.parametrize(
    "site", ["café.example", "http://CAFÉ.example/", "http://cafe\u0301.example", "xn--caf-dma.example"]
)
async def test_international_names_are_asked_for_in_punycode(world: World, site: str) -> None:
    world.dns.records["xn--caf-dma.example"] = [["127.0.0.1"]]
    world.site.pages["/"] = page()
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get_site(site)).url == "http://xn--caf-dma.example/"
    assert world.site.requests[-1].headers["host"] == "xn--caf-dma.example"
