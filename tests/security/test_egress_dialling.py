"""No spelling of an inner address is ever dialled. The proof is not our own code's: the interpreter tells of every connect."""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.net.client import Fetcher, FetchError
from tests.unit.net.servers import page, redirect
from tests.unit.net.world import World

ADDRESSES = [
    # this host, this network
    "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "0.255.255.255",
    # private use, shared address space, link-local
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254",
    "100.64.0.1", "100.127.255.254", "169.254.0.1", "169.254.255.254",
    # cloud metadata and the like
    "169.254.169.254", "169.254.170.2", "169.254.169.123", "100.100.100.200", "192.0.0.192", "fd00:ec2::254",
    "fd20:ce::254",
    # protocol assignments, documentation, benchmarking, 6to4 relays, multicast, reserved, broadcast
    "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.254",
    "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "254.1.1.1", "255.255.255.255",
    # IPv6: unspecified, loopback, compatible, mapped, translated
    "::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1", "0:0:0:0:0:ffff:127.0.0.1",
    # NAT64 with an inner address, and the local-use prefix with any
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::808:808",
    "64:ff9b:1:ffff::8.8.8.8",
    # 6to4, Teredo, ISATAP
    "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2002:a9fe:a9fe::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2a00:1450::5efe:10.0.0.1", "2a00:1450::200:5efe:127.0.0.1",
    # site-local, unique-local, link-local, multicast, discard, documentation, benchmarking, ORCHID, SRv6, unallocated
    "fec0::1", "feff::1", "fc00::1", "fd12:3456:789a::1", "fe80::1", "febf::1", "ff01::1", "ff02::1", "ff05::2",
    "ff0e::1", "100::1", "2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "2001:20::1", "5f00::1", "4000::1",
    "e000::1",
]  # fmt: skip
"""Each as a host of a URL, as a redirect's target and as the answer of a name server."""

HOSTS = [
    # 127.0.0.1 and 169.254.169.254 as inet_aton and browsers read them
    "2130706433", "0x7f000001", "0X7F000001", "017700000001", "127.1", "127.0.1", "127.0.0.1.", "0x7f.1", "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.0.0.01", "00000177.0.0.1", "127.0.0.001", "127.000.000.001", "0x7f.0.1",
    "127.0.0.0x1", "127.0.01", "0177.1", "0x7f.0x000001", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376", "0251.254.169.254", "169.254.43518", "169.16689662", "025177524776", "4294967295",
    "4294967297", "340282366920938463463374607431768211457", "0", "0.0", "0x0", "00", "1", "127.0.0.1.0", "256.0.0.1",
    "127..0.0.1", "127.0.0.1..", "1.2.3.0x", "0x", "08.0.0.1",
    # digits and dots of other scripts
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "１２７。０。０。１", "⑯⑨.②⑤④.⑯⑨.②⑤④",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "١٢٧.٠.٠.١", "127.0.0.¹", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "lo\u00adcalhost", "127.0.0.1\u200b", "localhost\u3002",
    # names of the inside
    "localhost", "LOCALHOST", "localhost.", "intranet", "metadata", "kubernetes", "wpad",
    # IPv6 in every dress
    "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::FFFF:7F00:1]", "[::1%25lo]",
    "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%251]", "[::ffff:0x7f.1]", "[v1.::1]", "[::1",
    "[::1]]", "[[::1]]", "::1", "[127.0.0.1]", "[::ffff:2130706433]",
    # credentials, escapes and backslashes that make two parsers disagree
    "shop.example@127.0.0.1", "shop.example:80@127.0.0.1", "127.0.0.1@shop.example", "a:b@127.0.0.1:80@shop.example",
    "shop.example%40127.0.0.1", "127.0.0.1%00.shop.example", "127.0.0.1%2f.shop.example", "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1", "%6c%6f%63alhost", "127.0.0.1\\@shop.example", "shop.example\\@127.0.0.1",
    "shop.example\\.127.0.0.1", "127.0.0.1\t", "127.0.0.1\n", "127.0.0.1\r\nHost: x", " 127.0.0.1", "127.0.0.1 .shop.example",
    "127.0.0.1;shop.example", "shop.example,127.0.0.1", "{127.0.0.1}", "127.0.0.1:22", "127.0.0.1:65536", "127.0.0.1:-80",
    "127.0.0.1:080", "127.0.0.1:0", "127.0.0.1:", "127.0.0.1:８０", "-127.0.0.1", "127.0.0.1-",
]  # fmt: skip

URLS = [
    *(f"http://[{ip}]/" if ":" in ip else f"http://{ip}/" for ip in ADDRESSES),
    *(f"https://[{ip}]/" if ":" in ip else f"https://{ip}/" for ip in ADDRESSES[::8]),
    *(f"http://{host}/" for host in HOSTS),
    "http:127.0.0.1/", "http:/127.0.0.1/", "http:///127.0.0.1/", "http:\\\\127.0.0.1\\", "//127.0.0.1/", "\\\\127.0.0.1\\",
    "http://127.0.0.1#@shop.example/", "http://127.0.0.1?@shop.example/", "http://#127.0.0.1/", "hTTp://127.0.0.1/",
    "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/",
    "ws://127.0.0.1/", "jar:http://127.0.0.1!/", "view-source:http://127.0.0.1/", "http+unix://127.0.0.1/",
]  # fmt: skip


class Connects:
    """What the interpreter reports of sockets while `on`: (family's address tuple) of every connect and sendto."""

    def __init__(self) -> None:
        self.on = False
        self.servers: set[int] = set()
        """Ports of the test's own name server, whose replies are none of our doing."""
        self.seen: list[tuple[str, int]] = []
        sys.addaudithook(self._hook)  # stays for the life of the process; off, it costs a comparison

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            source, address = arguments[0], arguments[1]
            assert isinstance(source, socket.socket)
            if isinstance(address, tuple) and (
                event == "socket.connect" or source.getsockname()[1] not in self.servers
            ):
                self.seen.append((str(address[0]), int(address[1])))

    def to_other_than(self, *addresses: tuple[str, int]) -> list[tuple[str, int]]:
        return [address for address in self.seen if address not in addresses]


CONNECTS = Connects()


@pytest.fixture
def connects(world: World) -> Iterator[Connects]:
    CONNECTS.seen.clear()
    CONNECTS.servers = {name_server(world)[1]}
    CONNECTS.on = True
    yield CONNECTS
    CONNECTS.on = False


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """shop.example alone may be reached inside, by its name: 127.0.0.1 itself may not."""
    world = World(tmp_path)
    await world.start()
    world.settings = world.but(egress_allow=[f"shop.example:{world.site.port}"])
    world.site.pages["/"] = page()
    yield world
    await world.stop()


def name_server(world: World) -> tuple[str, int]:
    host, _, port = world.dns.address.rpartition(":")
    return host, int(port)


def test_the_table_is_as_long_as_it_says() -> None:
    assert len(set(ADDRESSES)) == len(ADDRESSES) >= 75
    assert len(set(URLS)) == len(URLS) >= 200


async def test_the_recorder_sees_what_is_dialled(world: World, connects: Connects) -> None:
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("http://shop.example/")).status == 200
    assert connects.to_other_than(name_server(world)) == [("127.0.0.1", world.site.port)]


async def test_no_url_is_dialled(world: World, connects: Connects) -> None:
    answered: list[str] = []
    async with Fetcher(world.settings) as fetcher:
        for url in URLS:
            for fetch in (fetcher.get, fetcher.get_site):
                try:
                    await fetch(url)
                except FetchError as error:
                    assert error.code in ("invalid_url", "blocked_address", "dns"), (url, error.code)
                    assert not error.retryable, url
                else:
                    answered.append(url)
    assert answered == []
    assert connects.to_other_than(name_server(world)) == []


async def test_no_redirect_is_followed_inside(world: World, connects: Connects) -> None:
    wrong: list[tuple[str, str]] = []
    async with Fetcher(world.settings) as fetcher:
        for number, url in enumerate(URLS):
            if "\n" in url or "\r" in url:  # these would end the header: there is nothing to follow
                continue
            world.site.pages[f"/{number}"] = redirect(url.encode().decode("latin-1"))
            try:
                answer = await fetcher.get(f"http://shop.example/{number}")
            except FetchError as error:
                assert error.code in ("invalid_url", "blocked_address", "dns", "too_many_redirects"), (url, error.code)
            else:  # a relative reference: it stays on the site
                if not all(target.startswith("http://shop.example/") for target in answer.redirects):
                    wrong.append((url, answer.url))
    assert wrong == []
    assert set(connects.to_other_than(name_server(world))) == {("127.0.0.1", world.site.port)}
    hosts = {seen.headers["host"] for seen in world.site.requests}
    assert hosts == {"shop.example"}


async def test_no_answer_of_a_name_server_is_dialled(world: World, connects: Connects) -> None:
    async with Fetcher(world.settings) as fetcher:
        for number, ip in enumerate(ADDRESSES):
            world.dns.records |= {
                f"alone{number}.example": [[ip]],
                f"mixed{number}.example": [["93.184.216.34", ip]],
                f"first{number}.example": [[ip, "2606:4700:4700::1111"]],
            }
            for kind in ("alone", "mixed", "first"):
                for fresh in (False, False, True):  # asked, remembered, asked again
                    with pytest.raises(FetchError) as caught:
                        await fetcher.get(f"http://{kind}{number}.example/", fresh=fresh)
                    assert caught.value.code == "blocked_address", (ip, kind)
                    assert ip not in caught.value.message.split()
    assert connects.to_other_than(name_server(world)) == []


async def test_answers_that_change_between_two_look_ups(world: World, connects: Connects) -> None:
    """First an address that may be reached, later each of those that may not."""
    settings = world.but(egress_allow=[f"127.0.0.1:{world.site.port}"])
    inside = [ip for ip in ADDRESSES if ip != "127.0.0.1" and ip != "::ffff:127.0.0.1"]
    inside = [ip for ip in inside if ip not in ("::ffff:7f00:1", "0:0:0:0:0:ffff:127.0.0.1")]
    world.site.pages["/"] = page(Connection="close")
    async with Fetcher(settings) as fetcher:
        for number, ip in enumerate(inside):
            name = f"rebind{number}.example"
            world.dns.records[name] = [["127.0.0.1"], [ip]]
            assert (await fetcher.get(f"http://{name}/")).ip == "127.0.0.1"
            with pytest.raises(FetchError) as caught:
                await fetcher.get(f"http://{name}/", fresh=True)
            assert caught.value.code == "blocked_address", ip
    assert set(connects.to_other_than(name_server(world))) == {("127.0.0.1", world.site.port)}
