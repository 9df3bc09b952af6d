from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise

import pytest

from shared.net.client import Fetcher, FetchError
from shared.net.politeness import MAX_CRAWL_DELAY, Politeness
from tests.timing import SLACK
from tests.unit.net.servers import Seen, page
from tests.unit.net.world import World


async def linger(seen: Seen, writer: asyncio.StreamWriter) -> bool:
    """A page that is some time in coming."""
    await asyncio.sleep(0.02)
    writer.write(page())
    return True


async def test_the_server_sees_the_delay_between_two_requests(world: World) -> None:
    for number in range(4):
        world.site.pages[f"/{number}"] = page()
    async with Fetcher(world.but(host_delay=0.15)) as fetcher:
        await asyncio.gather(*(fetcher.get(f"http://shop.example/{number}") for number in range(4)))
    times = [seen.at for seen in world.site.requests]
    assert all(later - earlier > 0.12 for earlier, later in pairwise(times))


async def test_hosts_do_not_wait_for_one_another(world: World) -> None:
    world.site.pages["/"] = page()
    async with Fetcher(world.but(host_delay=30.0)) as fetcher:
        await asyncio.gather(*(fetcher.get(f"http://{name}/") for name in ("shop.example", "www.shop.example")))
    assert len(world.site.requests) == 2


async def test_a_host_serves_two_of_our_requests_at_most(world: World) -> None:
    for number in range(8):
        world.site.pages[f"/{number}"] = linger
    async with Fetcher(world.settings) as fetcher:
        await asyncio.gather(*(fetcher.get(f"http://shop.example/{number}") for number in range(8)))
    assert world.site.most_open == 2


async def test_waiting_for_a_turn_does_not_use_up_the_time(world: World) -> None:
    for number in range(4):
        world.site.pages[f"/{number}"] = page()
    async with Fetcher(world.but(host_delay=1.0, fetch_timeout=2.0)) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(f"http://shop.example/{number}") for number in range(4)))
    assert [answer.status for answer in answers] == [200] * 4


async def test_a_crawl_delay_is_honoured(world: World) -> None:
    world.site.pages["/robots.txt"] = page(b"User-agent: *\nCrawl-delay: 0.2")
    world.site.pages["/1"] = world.site.pages["/2"] = page()
    async with Fetcher(world.but(robots=True)) as fetcher:
        await fetcher.get("http://shop.example/1")
        await fetcher.get("http://shop.example/2")
    times = [seen.at for seen in world.site.requests if seen.target != "/robots.txt"]
    assert times[1] - times[0] > 0.17


async def test_what_comes_with_a_page_waits_for_no_page(world: World) -> None:
    world.site.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /private")
    for target in ("/", "/logo.png", "/favicon.png"):
        world.site.pages[target] = page()
    async with Fetcher(world.but(host_delay=3600.0, robots=True)) as fetcher, asyncio.timeout(10):
        await fetcher.get("http://shop.example/")
        for target in ("/logo.png", "/favicon.png"):
            await fetcher.get(f"http://shop.example{target}", embedded=True)
    assert [seen.target for seen in world.site.requests] == ["/robots.txt", "/", "/logo.png", "/favicon.png"]


async def test_a_page_that_waits_for_its_time_is_in_nobodys_way() -> None:
    politeness = Politeness(3600.0, concurrency=1)
    async with politeness.turn("a.example"):
        pass
    waiting = asyncio.create_task(politeness.turn("a.example").__aenter__())
    await asyncio.sleep(0)
    async with asyncio.timeout(20), politeness.turn("a.example", embedded=True):
        assert not waiting.done()
    waiting.cancel()


async def test_pictures_count_among_the_requests_at_once(world: World) -> None:
    for number in range(8):
        world.site.pages[f"/{number}.png"] = linger
    async with Fetcher(world.but(host_delay=3600.0)) as fetcher:
        await asyncio.gather(*(fetcher.get(f"http://shop.example/{number}.png", embedded=True) for number in range(8)))
    assert world.site.most_open == 2


async def test_a_crawl_delay_holds_for_pictures_too(world: World) -> None:
    world.site.pages["/robots.txt"] = page(b"User-agent: *\nCrawl-delay: 0.2")
    world.site.pages["/"] = world.site.pages["/logo.png"] = page()
    async with Fetcher(world.but(robots=True)) as fetcher:
        await fetcher.get("http://shop.example/")
        await fetcher.get("http://shop.example/logo.png", embedded=True)
        await fetcher.get("http://shop.example/")
    times = [seen.at for seen in world.site.requests if seen.target != "/robots.txt"]
    assert all(later - earlier > 0.17 for earlier, later in pairwise(times))


async def test_a_crawl_delay_has_a_ceiling() -> None:
    politeness = Politeness(0.0)
    loop = asyncio.get_running_loop()
    async with politeness.turn("a.example", 3600.0):
        assert politeness._hosts["a.example"].free_at - loop.time() <= MAX_CRAWL_DELAY


async def test_hosts_that_nobody_waits_for_are_forgotten() -> None:
    politeness = Politeness(0.0)
    for number in range(10_000):
        async with politeness.turn(f"host{number}.example"):
            pass
    assert len(politeness) <= 1024


async def test_a_turn_that_is_given_up_is_free_again(world: World) -> None:
    politeness = Politeness(0.0, concurrency=1)
    async with politeness.turn("a.example"):
        waiting = asyncio.create_task(politeness.turn("a.example").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(20), politeness.turn("a.example"):
        pass
    with pytest.raises(FetchError):
        async with Fetcher(world.settings) as fetcher:
            await fetcher.get("http://missing.example/")


async def test_a_host_that_serves_the_whole_web_asks_for_no_delay_of_ours() -> None:
    politeness = Politeness(3600.0, shared_hosts=["cdn.example"])
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with contextlib.AsyncExitStack() as turns:
        for _ in range(8):  # at once, too
            await turns.enter_async_context(politeness.turn("cdn.example"))
    assert loop.time() - begun < SLACK, "not an hour each"
