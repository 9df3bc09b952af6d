"""The shared cache over a real NATS KV bucket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import nats
import pytest
from nats.js.api import KeyValueConfig

from shared.messaging.cancelling import cancel
from shared.net.client import Fetcher, FetchError
from shared.net.page_cache import CachedPage, Failure, KvPageCache
from shared.settings import Settings
from tests.unit.net.servers import Seen, page
from tests.unit.net.test_fetcher import made
from tests.unit.net.world import World

pytestmark = pytest.mark.servers


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def kv(nats_url: str) -> AsyncIterator[Any]:
    connection = await nats.connect(nats_url, allow_reconnect=False)
    bucket = KeyValueConfig(bucket="pages", max_bytes=4 * 1024 * 1024)
    yield await connection.jetstream().create_key_value(bucket)
    await connection.close()


async def test_pages_and_failures_come_back_as_they_were(kv: Any) -> None:
    cache = KvPageCache(kv, Settings(), Clock())
    response = made(200, "text/html", b"<p>" + b"x" * 500_000)
    await cache.put("http://a.example/", response, 60)
    await cache.put("http://b.example/", FetchError("dns", "gone", url="http://b.example/"), 60)
    assert await cache.get("http://a.example/") == CachedPage(response, Clock.now + 60)
    failed = await cache.get("http://b.example/")
    assert failed is not None
    assert failed.outcome == Failure("dns", "gone", False, "http://b.example/")
    assert await cache.get("http://c.example/") is None


async def test_a_wall_that_answers_200_is_kept_no_longer_than_a_failure(kv: Any, world: World) -> None:
    wall = (
        b"<title>Just a moment...</title><script>window._cf_chl_opt={};a.src='/cdn-cgi/challenge-platform/x'</script>"
    )
    world.site.pages["/"] = page(wall)
    clock = Clock()
    async with Fetcher(world.but(page_failure_ttl=60.0), KvPageCache(kv, world.settings, clock)) as fetcher:
        for seconds in (0, 59, 2):
            clock.now += seconds
            assert (await fetcher.get("http://shop.example/")).body == wall
    assert len(world.site.requests) == 2


async def test_an_entry_knows_its_own_end(kv: Any) -> None:
    clock = Clock()
    cache = KvPageCache(kv, Settings(), clock)
    await cache.put("http://a.example/", made(200, "text/html", b"x"), 60)
    clock.now += 59
    assert await cache.get("http://a.example/") is not None
    clock.now += 1
    assert await cache.get("http://a.example/") is None


async def test_what_does_not_fit_is_not_cached(kv: Any) -> None:
    cache = KvPageCache(kv, Settings())
    await cache.put("http://big.example/", made(200, "text/html", os.urandom(5_000_000)), 60)
    assert await cache.get("http://big.example/") is None
    await cache.put("http://small.example/", made(200, "text/html", b"x"), 60)
    assert await cache.get("http://small.example/") is not None


@pytest.mark.parametrize("value", [b"", b"garbage", b"\x28\xb5\x2f\xfd\xa4\xff\xff\xff\xff\x00"])
async def test_a_value_of_another_hand_is_a_miss(kv: Any, value: bytes) -> None:
    cache = KvPageCache(kv, Settings())
    await cache.put("http://a.example/", made(200, "text/html", b"x"), 60)
    key = (await kv.keys())[0]
    await kv.put(key, value)
    assert await cache.get("http://a.example/") is None


async def test_a_broker_that_is_gone_fails_no_fetch(world: World, nats_url: str) -> None:
    connection = await nats.connect(nats_url, allow_reconnect=False)
    kv = await connection.jetstream().create_key_value(bucket="pages")
    await connection.close()
    world.site.pages["/"] = page()
    async with Fetcher(world.settings, KvPageCache(kv, world.settings)) as fetcher:
        assert (await fetcher.get("http://shop.example/")).status == 200


async def test_a_broker_that_hangs_is_left_alone_for_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        calls = 0

        async def get(self, *_: Any, **__: Any) -> Any:
            self.calls += 1
            await asyncio.Event().wait()

        put = update = get

    monkeypatch.setattr("shared.net.page_cache._BROKER_SECONDS", 0.05)
    hanging: Any = Hanging()
    world.site.pages["/"] = page()
    async with Fetcher(world.settings, KvPageCache(hanging, world.settings)) as fetcher:
        for _ in range(3):
            assert (await fetcher.get("http://shop.example/")).status == 200
    assert hanging.calls == 1


async def test_modules_in_several_processes_fetch_a_page_once(world: World, kv: Any) -> None:
    world.site.pages["/"] = page()
    async with (
        Fetcher(world.settings, KvPageCache(kv, world.settings)) as one,
        Fetcher(world.settings, KvPageCache(kv, world.settings)) as other,
    ):
        first = await one.get("http://shop.example")
        assert await other.get("HTTP://shop.example/#x") == first
        assert len(world.site.requests) == 1
        assert (await other.get("http://shop.example/", fresh=True)).status == 200
    assert len(world.site.requests) == 2


async def test_modules_in_several_processes_share_a_request_that_is_on_its_way(world: World, kv: Any) -> None:
    on_its_way, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        on_its_way.set()
        await may_answer.wait()
        writer.write(page())
        return True

    world.site.pages["/"] = slow
    async with (
        Fetcher(world.settings, KvPageCache(kv, world.settings)) as one,
        Fetcher(world.settings, KvPageCache(Looking(kv, may_answer), world.settings)) as other,
    ):
        first = asyncio.create_task(one.get("http://shop.example/"))
        await on_its_way.wait()
        assert await other.get("http://shop.example/") == await first
    assert len(world.site.requests) == 1


class Looking:
    """A bucket that tells when somebody has found the claim of another."""

    def __init__(self, kv: Any, found: asyncio.Event) -> None:
        self._kv = kv
        self._found = found
        self.put, self.update = kv.put, kv.update

    async def get(self, key: str) -> Any:
        entry = await self._kv.get(key)
        self._found.set()
        return entry


async def test_a_claim_that_is_given_back_or_too_old_holds_nobody_up(kv: Any) -> None:
    clock = Clock()
    one, other = KvPageCache(kv, Settings(), clock), KvPageCache(kv, Settings(), clock)
    assert await one.get("http://a.example/") is None
    await one.release("http://a.example/")
    assert await other.get("http://a.example/") is None
    clock.now += 31  # and now it is never heard of again
    assert await one.get("http://a.example/") is None
    await one.put("http://a.example/", made(200, "text/html", b"x"), 60)
    assert await other.get("http://a.example/") is not None


async def test_a_fetch_that_is_cancelled_lets_another_process_fetch(world: World, kv: Any) -> None:
    on_its_way = asyncio.Event()

    async def silent(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        on_its_way.set()
        await asyncio.Event().wait()
        return False

    world.site.pages["/"] = silent
    async with Fetcher(world.settings, KvPageCache(kv, world.settings)) as one:
        task = asyncio.create_task(one.get("http://shop.example/"))
        await on_its_way.wait()
        await cancel([task])
    world.site.pages["/"] = page()
    async with (
        asyncio.timeout(30),
        Fetcher(world.settings, KvPageCache(kv, world.settings)) as other,
    ):
        assert (await other.get("http://shop.example/")).status == 200


async def test_robots_txt_is_asked_for_once_by_all_processes(world: World, kv: Any) -> None:
    world.site.pages |= {"/": page(), "/a": page()}
    settings = world.but(robots=True)
    async with (
        Fetcher(settings, KvPageCache(kv, settings)) as one,
        Fetcher(settings, KvPageCache(kv, settings)) as other,
    ):
        await one.get("http://shop.example/", fresh=True)
        await one.get("http://shop.example/a")
        await other.get("http://shop.example/a")
        await other.get("http://shop.example/")
    assert sorted(seen.target for seen in world.site.requests) == ["/", "/a", "/robots.txt"]


async def test_failures_are_kept_for_their_own_time(world: World, kv: Any) -> None:
    clock = Clock()
    up = False

    async def flaky(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(page() if up else b"")
        return up

    world.site.pages["/"] = flaky
    async with Fetcher(world.settings, KvPageCache(kv, world.settings, clock)) as fetcher:
        for _ in range(2):
            with pytest.raises(FetchError) as caught:
                await fetcher.get("http://shop.example/")
            assert (caught.value.code, caught.value.retryable) == ("connection", True)
        assert len(world.site.requests) == 1
        up = True
        clock.now += world.settings.page_failure_ttl
        assert (await fetcher.get("http://shop.example/")).status == 200
        clock.now += world.settings.page_failure_ttl * 2
        assert (await fetcher.get("http://shop.example/")).status == 200
    assert len(world.site.requests) == 2
