"""Hostile URLs and hostile DNS: nothing that is not public is ever dialled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.net.client import Fetcher, FetchError
from tests.unit.net.servers import Site, page, redirect
from tests.unit.net.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.start()
    world.site.pages["/"] = page()
    yield world
    await world.stop()


@pytest.fixture
async def trap(world: World) -> AsyncIterator[Site]:
    """What listens inside: on 127.0.0.2, at the port that outward requests are sent to."""
    trap = Site()
    await trap.start("127.0.0.2", world.site.port)
    yield trap
    await trap.stop()
    assert trap.connections == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://shop.example/", "invalid_url"),
        ("file:///etc/passwd", "invalid_url"),
        ("gopher://shop.example/", "invalid_url"),
        ("http://user:secret@shop.example/", "invalid_url"),
        ("http://shop.example@127.0.0.2/", "invalid_url"),
        ("http://localhost/", "invalid_url"),
        ("http://intranet/", "invalid_url"),
        ("http://2130706433/", "invalid_url"),
        ("http://0x7f000001/", "invalid_url"),
        ("http://0x7f.1/", "invalid_url"),
        ("http://0177.0.0.1/", "invalid_url"),
        ("http://127.1/", "invalid_url"),
        ("http://127.0.0.2./", "blocked_address"),
        ("http://127.0.0.2/", "blocked_address"),
        ("http://127.0.0.1:22/", "blocked_address"),
        ("http://shop.example:22/", "blocked_address"),
        ("http://shop.example:6379/", "blocked_address"),
        ("http://10.0.0.1/", "blocked_address"),
        ("http://169.254.169.254/latest/meta-data/", "blocked_address"),
        ("http://[::1]/", "blocked_address"),
        ("http://[::ffff:127.0.0.2]/", "blocked_address"),
        ("http://[64:ff9b::7f00:2]/", "blocked_address"),
        ("http://[fe80::1]/", "blocked_address"),
        ("http://①②⑦.⓪.⓪.②/", "invalid_url"),
        ("http://127。0。0。2/", "blocked_address"),
        ("http://exa%6dple/", "invalid_url"),
        ("http:///nothing", "invalid_url"),
        ("http://shop.example\\@127.0.0.2/", "invalid_url"),
        ("http://shop.example/\r\nX-Injected: 1", "invalid_url"),
        ("http://a..example/", "invalid_url"),
        ("http://shop.example/" + "x" * 9000, "invalid_url"),
        ("", "invalid_url"),
    ],
)
async def test_refused_before_any_connection(world: World, trap: Site, url: str, code: str) -> None:
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError) as direct:
            await fetcher.get(url)
    assert direct.value.code == code
    assert not direct.value.retryable
    assert world.site.connections == 0
    assert "127.0.0" not in direct.value.message or "127.0.0" in url or "。" in url


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2/",
        "//127.0.0.2/",
        "http://localhost/",
        "http://inside.example/",
        "http://[::1]/",
        "http://2130706434/",
        "http://169.254.169.254/",
        "http://shop.example:22/",
        "file:///etc/passwd",
        "http://user@inside.example/",
        "http://[broken",
    ],
)
async def test_redirects_are_checked_like_any_address(world: World, trap: Site, location: str) -> None:
    world.dns.records["inside.example"] = [["127.0.0.2"]]
    world.site.pages["/go"] = redirect(location)
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://shop.example/go")
    assert caught.value.code in ("blocked_address", "invalid_url")
    assert world.site.targets() == ["/go"]


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.2"],
        ["127.0.0.1", "127.0.0.2"],
        ["127.0.0.2", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34", "10.0.0.1"],
        ["127.0.0.1", "::1"],
        ["127.0.0.1", "::ffff:a00:1"],
        ["127.0.0.1", "fd00:ec2::254"],
        ["127.0.0.1", "64:ff9b::a00:1"],
        ["127.0.0.1", "0.0.0.0"],
        ["127.0.0.1", "224.0.0.1"],
    ],
)
async def test_one_address_inside_spoils_the_whole_answer(world: World, trap: Site, answer: list[str]) -> None:
    world.dns.records["mixed.example"] = [answer]
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://mixed.example/")
    assert caught.value.code == "blocked_address"
    assert not any(ip in caught.value.message for ip in answer)
    assert world.site.connections == 0


async def test_rebinding_only_the_answer_that_was_checked_is_dialled(world: World, trap: Site) -> None:
    world.dns.records["rebind.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("http://rebind.example/")).ip == "127.0.0.1"
        assert world.dns.asked["rebind.example A"] == 1
        assert (await fetcher.get("http://rebind.example/")).ip == "127.0.0.1"  # the same connection
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://rebind.example/")
    assert caught.value.code == "blocked_address"


async def test_rebinding_between_two_hops(world: World, trap: Site) -> None:
    world.dns.records["rebind.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    world.site.pages["/go"] = redirect("http://rebind.example/in", Connection="close")
    async with Fetcher(world.settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://rebind.example/go")
    assert caught.value.code == "blocked_address"


async def test_an_allowed_address_is_allowed_at_its_port_only(world: World) -> None:
    other = Site()
    await other.start()
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get(f"http://127.0.0.1:{world.site.port}/")).status == 200
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"http://127.0.0.1:{other.port}/")
    await other.stop()
    assert caught.value.code == "blocked_address"
    assert other.connections == 0


async def test_an_allowed_network_keeps_the_rule_of_ports(world: World) -> None:
    settings = world.but(egress_allow=["127.0.0.0/8"])
    async with Fetcher(settings) as fetcher:
        assert (await fetcher.get("http://shop.example/")).status == 200
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"http://127.0.0.1:{world.site.port}/")
    assert caught.value.code == "blocked_address"


async def test_an_allowed_name_may_lead_anywhere(world: World) -> None:
    world.dns.records["overpass"] = [["127.0.0.1"]]
    settings = world.but(egress_allow=[f"overpass:{world.site.port}"])
    async with Fetcher(settings) as fetcher:
        assert (await fetcher.get(f"http://overpass:{world.site.port}/")).status == 200
        with pytest.raises(FetchError):
            await fetcher.get("http://shop.example/")
