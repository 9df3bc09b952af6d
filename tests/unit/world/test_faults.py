"""Sites that misbehave do so on the wire, as described."""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib

import httpx
import pytest

from tests.unit.world.conftest import Visitor
from tests.world.faults import gzip_bomb
from tests.world.world import BLACKHOLE, REFUSING, World

VALMONT = ".valmont.test"


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("plombier-interne", "http://169.254.169.254/latest/meta-data/"),
        ("chauffagiste-interne", "https://10.0.0.5/admin"),
        ("electricien-interne", "http://[::ffff:192.168.1.1]/"),
        ("couvreur-demenage", "https://au-bon-levain.valmont.test/"),
    ],
)
async def test_redirects_elsewhere(visitor: Visitor, host: str, location: str) -> None:
    response = await visitor.get(host + VALMONT)
    assert response.status_code in {301, 302}
    assert response.headers["location"] == location


async def test_a_loop_goes_on_under_new_addresses(visitor: Visitor) -> None:
    first = await visitor.get("traiteur-boucle" + VALMONT)
    second = await visitor.get("traiteur-boucle" + VALMONT, first.headers["location"])
    assert (first.headers["location"], second.headers["location"]) == ("/?n=1", "/?n=2")


async def test_a_cookie_wall_opens_with_its_cookie_alone(visitor: Visitor) -> None:
    host = "imprimeur-cookie" + VALMONT
    assert (await visitor.get(host, headers={"Cookie": "a=b"})).status_code == 302
    assert (await visitor.get(host, headers={"Cookie": "visite=1"})).status_code == 200


@pytest.mark.parametrize("host", ["camping-muet", "auberge-goutte"])
async def test_a_site_without_end_outlasts_any_patience(visitor: Visitor, host: str) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(visitor.get(host + VALMONT), 0.6)


async def test_a_drip_gives_bytes_all_the_while(world: World) -> None:
    host = "auberge-goutte" + VALMONT
    reader, writer = await _connect(world, host)
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.readuntil(b"</h1>")
    assert await asyncio.wait_for(reader.readexactly(3), 20) == b"   "
    writer.transport.abort()


async def test_a_late_answer_is_a_good_one(visitor: Visitor) -> None:
    response = await visitor.get("brocante-lente" + VALMONT)
    assert response.status_code == 200
    assert response.elapsed.total_seconds() >= 1.5


async def test_a_packet_into_the_hole_is_never_answered(world: World) -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, (BLACKHOLE, world.https_port)), 0.3)


async def test_the_refusing_address_refuses(world: World) -> None:
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(REFUSING, world.https_port)


@pytest.mark.parametrize("host", ["musee-enorme", "mediatheque-enorme"])
async def test_a_huge_page_is_sent_as_long_as_it_is_read(world: World, host: str) -> None:
    reader, writer = await _connect(world, host + VALMONT)
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}{VALMONT}\r\n\r\n".encode())
    await reader.readexactly(6 * 1024 * 1024)
    writer.transport.abort()


async def test_the_bomb_is_small_and_unpacks_to_much(visitor: Visitor) -> None:
    bomb = gzip_bomb(512)
    assert len(bomb) < 1024 * 1024
    unpacker = zlib.decompressobj(31)
    assert len(unpacker.decompress(bomb, 32 * 1024 * 1024)) == 32 * 1024 * 1024
    small = gzip_bomb(3)
    assert zlib.decompress(small, 31) == b" " * 3 * 1024 * 1024
    async with visitor._client.stream(
        "GET",
        f"https://127.0.0.1:{visitor._ports['https']}/",
        headers={"Host": "pharmacie-bombe" + VALMONT},
        extensions={"sni_hostname": "pharmacie-bombe" + VALMONT},
    ) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert int(response.headers["content-length"]) == len(bomb)


async def test_a_truncated_gzip_never_reaches_its_end(visitor: Visitor) -> None:
    response = await visitor.get("jardinerie-gzip" + VALMONT)
    assert "Bienvenue" in response.text
    assert "</html>" not in response.text


@pytest.mark.parametrize(
    "host",
    ["tabac-coupe", "kebab-raccroche", "banque-tronquee", "forge-charabia", "loto-bavard"],
)
async def test_a_broken_transport_is_a_transport_error(visitor: Visitor, host: str) -> None:
    with pytest.raises((httpx.NetworkError, httpx.ProtocolError)):
        await visitor.get(host + VALMONT)


async def test_a_reset_is_a_reset(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.http_port)
    writer.write(b"GET / HTTP/1.1\r\nHost: reset-1.bulk.test\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_an_old_answer_ends_with_its_connection(visitor: Visitor) -> None:
    response = await visitor.get("sellerie-ancienne" + VALMONT)
    assert response.http_version == "HTTP/1.0"
    assert response.text.endswith("</html>")


@pytest.mark.parametrize(
    ("host", "status", "content_type"),
    [
        ("boucherie-404", 404, "text/html; charset=utf-8"),
        ("poissonnerie-410", 410, "text/html; charset=utf-8"),
        ("ecole-500", 500, "text/html"),
        ("gym-503", 503, "text/html; charset=utf-8"),
        ("geometre-pdf", 200, "application/pdf"),
        ("bijoutier-blanc", 200, "text/html"),
    ],
)
async def test_status_and_type(visitor: Visitor, host: str, status: int, content_type: str) -> None:
    response = await visitor.get(host + VALMONT)
    assert (response.status_code, response.headers["content-type"]) == (status, content_type)


async def test_a_flaky_site_recovers_and_a_reset_makes_it_flaky_again(visitor: Visitor, world: World) -> None:
    host = "mercerie-capricieuse" + VALMONT
    assert (await visitor.get(host, "/robots.txt")).status_code == 200
    statuses = [(await visitor.get(host)).status_code for _ in range(3)]
    world.reset()
    statuses.append((await visitor.get(host)).status_code)
    assert statuses == [503, 200, 200, 503]


async def _connect(world: World, host: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    trust = ssl.create_default_context(cafile=str(world.ca_file))
    return await asyncio.open_connection("127.0.0.1", world.https_port, ssl=trust, server_hostname=host)
