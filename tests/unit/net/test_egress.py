"""The transport by itself: pinning, reuse, TLS, the port map."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from shared.net.egress import EgressTransport
from shared.net.errors import EgressError
from shared.settings import Settings, SettingsError
from tests.unit.net.servers import Seen, Site, page
from tests.unit.net.world import World


def client(settings: Settings, **options: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=EgressTransport(settings, **options), trust_env=False)  # type: ignore[arg-type]


async def test_keep_alive_reuses_the_connection_and_asks_dns_once(world: World) -> None:
    world.site.pages["/"] = page()
    async with client(world.settings) as http:
        for _ in range(5):
            assert (await http.get("http://shop.example/")).text == "<html>hello</html>"
    assert world.site.connections == 1
    assert world.dns.asked["shop.example A"] == 1


async def test_host_header_is_the_urls_and_has_no_mapped_port(world: World) -> None:
    world.site.pages["/"] = page()
    async with client(world.settings) as http:
        await http.get("http://shop.example/")
        await http.get(f"http://shop.example:{world.site.port}/")
    hosts = [seen.headers["host"] for seen in world.site.requests]
    assert hosts == ["shop.example", f"shop.example:{world.site.port}"]


async def test_https_verifies_name_and_authority(world: World) -> None:
    world.secure.pages["/"] = page()
    world.dns.records["other.example"] = [["127.0.0.1"]]
    async with client(world.settings) as http:
        answer = await http.get("https://shop.example/")
        assert answer.status_code == 200
        with pytest.raises(EgressError) as mismatch:
            await http.get("https://other.example/")
    assert mismatch.value.code == "tls"
    async with client(world.but(egress_ca_file="")) as http:
        with pytest.raises(EgressError, match="certificate") as unknown:
            await http.get("https://shop.example/")
    assert unknown.value.code == "tls"


async def test_plain_http_on_a_tls_port_is_a_tls_failure(world: World) -> None:
    settings = world.but(http_port_map={"https": world.site.port})

    async def hang_up(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        return False

    world.site.pages["/"] = hang_up
    plain = await asyncio.start_server(lambda _, writer: writer.write(b"HTTP/1.1 400 No\r\n\r\n"), "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    settings = world.but(http_port_map={"https": port}, egress_allow=[f"127.0.0.1:{port}"])
    async with client(settings) as http:
        with pytest.raises(EgressError) as caught:
            await http.get("https://shop.example/")
    plain.close()
    assert caught.value.code == "tls"


async def test_a_connection_closed_while_idle_is_replaced(world: World) -> None:
    async def once(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(page())
        return False

    world.site.pages["/"] = once
    async with client(world.settings) as http:
        for _ in range(3):
            assert (await http.get("http://shop.example/")).status_code == 200
    assert world.site.connections == 3


async def test_a_reused_connection_that_dies_on_the_request_is_repeated_for_get_only(world: World) -> None:
    async def first_request_only(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if sum(other.connection == seen.connection for other in world.site.requests) > 1:
            return False
        writer.write(page())
        return True

    world.site.pages["/"] = first_request_only
    async with client(world.settings) as http:
        assert (await http.get("http://shop.example/")).status_code == 200
        assert (await http.get("http://shop.example/")).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post("http://shop.example/")
    assert [seen.connection for seen in world.site.requests] == [1, 1, 2, 2]


async def test_idle_connections_are_bounded(world: World) -> None:
    names = [f"s{number}.example" for number in range(12)]
    for name in names:
        world.dns.records[name] = [["127.0.0.1"]]
    gate = asyncio.Barrier(6)

    async def together(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await gate.wait()
        writer.write(page())
        return True

    world.site.pages["/"] = page()
    world.site.pages["/together"] = together
    transport = EgressTransport(world.settings, max_idle=5, max_idle_per_origin=2)
    async with httpx.AsyncClient(transport=transport) as http:
        for name in names:
            await http.get(f"http://{name}/")
        assert len(transport._idle) == 5
        await asyncio.gather(*(http.get("http://s11.example/together") for _ in range(6)))
        assert len(transport._idle) <= 5
        assert len(transport._idle._by_origin[next(reversed(transport._idle._by_origin))]) <= 2
    assert len(transport._idle) == 0


async def test_the_second_address_is_tried_when_the_first_refuses(world: World) -> None:
    world.site.pages["/"] = page()
    world.dns.records["two.example"] = [["127.0.0.3", "127.0.0.1"]]
    async with client(world.but(egress_allow=["127.0.0.0/8"])) as http:
        assert (await http.get("http://two.example/")).status_code == 200


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
async def test_proxies_of_the_environment_are_ignored(
    world: World, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    trap = Site()
    await trap.start()
    monkeypatch.setenv(variable, f"http://127.0.0.1:{trap.port}")
    monkeypatch.setenv(variable.lower(), f"http://127.0.0.1:{trap.port}")
    world.site.pages["/"] = page()
    async with httpx.AsyncClient(transport=EgressTransport(world.settings)) as http:
        await http.get("http://shop.example/")
    await trap.stop()
    assert trap.connections == 0
    assert len(world.site.requests) == 1


async def test_dns_failures_are_told_apart(world: World) -> None:
    world.dns.failing.add("broken.example")
    world.dns.records["empty.example"] = [[]]
    async with client(world.settings) as http:
        for name, words, retryable in [
            ("missing.example", "does not exist", False),
            ("broken.example", "do not answer", True),
            ("empty.example", "has no address", False),
        ]:
            with pytest.raises(EgressError, match=words) as caught:
                await http.get(f"http://{name}/")
            assert (caught.value.code, caught.value.retryable) == ("dns", retryable)


async def test_the_systems_resolver_serves_when_no_servers_are_set(world: World) -> None:
    world.site.pages["/"] = page()
    settings = world.but(dns_servers=[], egress_allow=[f"localhost:{world.site.port}"])
    async with client(settings) as http:
        assert (await http.get(f"http://localhost:{world.site.port}/")).status_code == 200
        with pytest.raises(EgressError) as caught:
            await http.get("http://no-such-host.invalid/")
    assert caught.value.code == "dns"


@pytest.mark.parametrize("entry", ["example.com", "example.com:http", "10.0.0.0/99", ":80"])
def test_an_allow_list_that_does_not_parse_stops_the_process(entry: str) -> None:
    with pytest.raises(SettingsError, match="OUTSEND_EGRESS_ALLOW"):
        EgressTransport(Settings(egress_allow=[entry]))
