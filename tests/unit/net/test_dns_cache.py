"""Names are asked for as often as their TTL says, and what is remembered is checked like anything else."""

from __future__ import annotations

import asyncio

import pytest
from dnslib import QTYPE, RCODE, RR, SOA, A, DNSRecord

from shared.net.client import Fetcher, FetchError
from shared.net.dns_cache import MAX_ABSENT_SECONDS, MAX_SECONDS, MIN_SECONDS, Answer, DnsCache
from shared.net.errors import EgressError
from shared.net.resolver import Resolver
from tests.unit.net.servers import Dns, page
from tests.unit.net.world import World


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Zone(Dns):
    """A DNS with a TTL, and with the SOA that says how long absence holds. It can be told to wait."""

    def __init__(self, ttl: int = 100, minimum: int = 30) -> None:
        super().__init__()
        self.ttl = ttl
        self.minimum = minimum
        self.gate = asyncio.Event()
        self.gate.set()
        self.queries: list[str] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asyncio.get_running_loop().create_task(self._reply(data, addr))

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        query = DNSRecord.parse(data)
        name, kind = str(query.q.qname).rstrip("."), QTYPE[query.q.qtype]
        self.queries.append(f"{name} {kind}")
        await self.gate.wait()
        reply = query.reply()
        addresses = self._turn(name, kind) if name in self.records else []
        if name in self.failing:
            reply.header.rcode = RCODE.SERVFAIL
        elif name not in self.records:
            reply.header.rcode = RCODE.NXDOMAIN
        if kind == "A":
            for ip in addresses:
                reply.add_answer(RR(name, QTYPE.A, rdata=A(ip), ttl=self.ttl))
        if not reply.rr:
            times = (1, 1, 1, 1, self.minimum)
            reply.add_auth(RR("example", QTYPE.SOA, rdata=SOA("ns.example", "a.example", times), ttl=3600))
        assert self._transport is not None
        self._transport.sendto(reply.pack(), addr)

    def times(self, name: str) -> int:
        return self.queries.count(f"{name} A")


async def resolver(zone: Zone) -> tuple[Resolver, Clock]:
    await zone.start()
    clock = Clock()
    return Resolver([zone.address], DnsCache(clock)), clock


@pytest.mark.parametrize(
    ("ttl", "kept"), [(100, 100.0), (1, MIN_SECONDS), (86_400, MAX_SECONDS), (2**31 - 1, MAX_SECONDS), (0, 0.0)]
)
async def test_an_answer_is_kept_for_its_ttl(ttl: int, kept: float) -> None:
    zone = Zone(ttl=ttl)
    zone.records["a.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    resolve, clock = await resolver(zone)
    assert await resolve.resolve("a.example") == ["127.0.0.1"]
    if kept:
        clock.now += kept - 0.1
        assert await resolve.resolve("a.example") == ["127.0.0.1"]
        clock.now += 0.2
    assert await resolve.resolve("a.example") == ["127.0.0.2"]
    assert zone.times("a.example") == 2
    zone.stop()


@pytest.mark.parametrize(("minimum", "kept"), [(30, 30.0), (86_400, MAX_ABSENT_SECONDS)])
@pytest.mark.parametrize("name", ["missing.example", "empty.example"])
async def test_absence_is_kept_as_the_soa_says_and_never_for_long(name: str, minimum: int, kept: float) -> None:
    zone = Zone(minimum=minimum)
    zone.records["empty.example"] = [[]]
    resolve, clock = await resolver(zone)
    for later in (0.0, kept - 0.1, 0.2):
        clock.now += later
        with pytest.raises(EgressError) as caught:
            await resolve.resolve(name)
        assert (caught.value.code, caught.value.retryable) == ("dns", False)
    assert zone.times(name) == 2
    zone.stop()


async def test_failing_name_servers_are_not_remembered() -> None:
    zone = Zone()
    zone.failing.add("a.example")
    resolve, _ = await resolver(zone)
    with pytest.raises(EgressError) as caught:
        await resolve.resolve("a.example")
    assert caught.value.retryable
    zone.failing.clear()
    zone.records["a.example"] = [["127.0.0.1"]]
    assert await resolve.resolve("a.example") == ["127.0.0.1"]
    zone.stop()


async def test_many_who_ask_at_once_cause_one_question() -> None:
    zone = Zone()
    zone.records["a.example"] = [["127.0.0.1"]]
    zone.gate.clear()
    resolve, _ = await resolver(zone)
    asking = [asyncio.create_task(resolve.resolve("a.example")) for _ in range(100)]
    while not zone.times("a.example"):
        await asyncio.sleep(0.001)
    asking[0].cancel()
    zone.gate.set()
    assert await asyncio.gather(*asking[1:]) == [["127.0.0.1"]] * 99
    assert zone.times("a.example") == 1
    zone.stop()


async def test_a_fresh_question_passes_over_the_memory_and_renews_it() -> None:
    zone = Zone()
    zone.records["a.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    resolve, _ = await resolver(zone)
    assert await resolve.resolve("a.example") == ["127.0.0.1"]
    assert await resolve.resolve("a.example", fresh=True) == ["127.0.0.2"]
    assert await resolve.resolve("a.example") == ["127.0.0.2"]
    zone.stop()


async def test_a_fresh_fetch_sees_a_name_that_was_missing_a_moment_ago(world: World) -> None:
    zone = Zone()
    await zone.start()
    world.site.pages["/"] = page()
    async with Fetcher(world.but(dns_servers=[zone.address])) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.get("http://new.example/")
        zone.records["new.example"] = [["127.0.0.1"]]
        with pytest.raises(FetchError):
            await fetcher.get("http://new.example/")
        assert (await fetcher.get("http://new.example/", fresh=True)).status == 200
    zone.stop()


async def test_a_remembered_answer_is_checked_at_every_dial(world: World) -> None:
    zone = Zone()
    await zone.start()
    zone.records["inside.example"] = [["10.0.0.1"]]
    async with Fetcher(world.but(dns_servers=[zone.address])) as fetcher:
        for _ in range(3):
            with pytest.raises(FetchError) as caught:
                await fetcher.get("http://inside.example/")
            assert caught.value.code == "blocked_address"
    assert zone.times("inside.example") == 1
    zone.stop()


def test_the_memory_is_bounded() -> None:
    cache = DnsCache(Clock())
    for number in range(12_000):
        cache.put(f"s{number}.example", Answer(("1.1.1.1",), 60))
    cache.put("many.example", Answer(tuple(f"1.1.1.{number}" for number in range(200)), 60))
    assert len(cache) == 10_000
    assert cache.get("s0.example") is None
    assert cache.get("s11999.example") is not None
    assert cache.get("many.example") is None
