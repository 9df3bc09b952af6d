"""The browser's proxy, asked by hand: what it lets through and what it refuses."""

from __future__ import annotations

import asyncio
import ssl

import httpx
import pytest

from shared.chromium.gate import Gate
from shared.chromium.proxy import Proxy
from tests.unit.net.servers import page, redirect
from tests.unit.net.world import World


@pytest.fixture
async def world(tmp_path):
    world = World(tmp_path)
    await world.start()
    world.dns.records["inside.example"] = [["127.0.0.1"], ["127.0.0.1"]]
    yield world
    await world.stop()


@pytest.fixture
async def proxy(world):
    gate = Gate(world.settings)
    async with Proxy(gate, max_bytes=100_000) as proxy:
        yield proxy
    await gate.aclose()


@pytest.fixture
async def client(world, proxy):
    tls = ssl.create_default_context(cafile=world.settings.egress_ca_file)
    async with httpx.AsyncClient(proxy=proxy.address, verify=tls, trust_env=False) as client:
        yield client


async def raw(proxy, text):
    """What the proxy answers to bytes, to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.address.rpartition(":")[2]))
    writer.write(text)
    writer.write_eof()
    try:
        async with asyncio.timeout(30):
            answer = await reader.read()
    except ConnectionResetError:
        answer = b""
    writer.close()
    return answer


async def test_plain_requests_and_tunnels(world, client):
    world.site.pages["/"] = page(b"plain")
    world.secure.pages["/"] = page(b"secure")
    assert (await client.get("http://shop.example/")).text == "plain"
    assert (await client.get("https://shop.example/")).text == "secure"


async def test_a_redirect_is_the_browsers_to_follow(world, client):
    world.site.pages["/"] = redirect("http://127.0.0.1:1/")
    answer = await client.get("http://shop.example/")
    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.1:1/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://localhost/",
        "http://0x7f000002/",
        "http://10.0.0.1:8080/",
        "http://shop.example:22/",
    ],
)
async def test_plain_requests_inside_are_refused(client, url):
    assert (await client.get(url)).status_code == 403


@pytest.mark.parametrize(
    "authority",
    ["127.0.0.2:443", "[::1]:443", "169.254.169.254:80", "localhost:443", "shop.example:22", "2130706433:443"],
)
async def test_tunnels_inside_are_refused(proxy, authority):
    assert (await raw(proxy, f"CONNECT {authority} HTTP/1.1\r\n\r\n".encode())).startswith(b"HTTP/1.1 403 ")


async def test_a_name_that_leads_inside_is_refused(world, proxy):
    world.dns.records["inside.example"] = [["10.1.2.3"]]
    for request in (b"CONNECT inside.example:443 HTTP/1.1\r\n\r\n", b"GET http://inside.example/ HTTP/1.1\r\n\r\n"):
        assert (await raw(proxy, request)).startswith(b"HTTP/1.1 403 ")
    assert world.site.requests == []


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET ftp://shop.example/ HTTP/1.1\r\n\r\n",
        b"GET https://shop.example/ HTTP/1.1\r\n\r\n",
        b"GET http://u:p@shop.example/ HTTP/1.1\r\n\r\n",
        b"CONNECT /etc/passwd HTTP/1.1\r\n\r\n",
        b"CONNECT  HTTP/1.1\r\n\r\n",
        b"POST http://shop.example/ HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST http://shop.example/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ],
)
async def test_nonsense(world, proxy, nonsense):
    assert (await raw(proxy, nonsense)).startswith(b"HTTP/1.1 403 ")
    assert world.site.requests == []


async def test_a_head_without_end_is_dropped(proxy):
    assert await raw(proxy, b"GET http://shop.example/ HTTP/1.1\r\nX: " + b"x" * 200_000) == b""


async def test_a_second_request_never_follows_the_first_ones_way(world, proxy):
    world.site.pages["/"] = page(b"one")
    two = b"GET http://shop.example/ HTTP/1.1\r\n\r\nGET http://10.0.0.1/secret HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    answer = await raw(proxy, two)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert world.site.targets() == ["/"]


async def test_credentials_for_the_proxy_are_not_passed_on(world, proxy):
    world.site.pages["/"] = page(b"one")
    await raw(
        proxy, b"GET http://shop.example/ HTTP/1.1\r\nHost: other\r\nProxy-Authorization: x\r\nCookie: a=1\r\n\r\n"
    )
    (seen,) = world.site.requests
    assert seen.headers["host"] == "shop.example"
    assert seen.headers["cookie"] == "a=1"
    assert "proxy-authorization" not in seen.headers


async def test_a_host_that_does_not_answer_is_told(world, proxy):
    assert (await raw(proxy, b"GET http://nowhere.example/ HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403 ")
    await world.site.stop()
    assert (await raw(proxy, b"GET http://shop.example/ HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 502 ")
    await world.site.start()


async def test_beyond_its_share_everything_ends(world, client):
    world.site.pages["/"] = page(bytes(300_000))
    with pytest.raises(httpx.TransportError):
        await client.get("http://shop.example/")
