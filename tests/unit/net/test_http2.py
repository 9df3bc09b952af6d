"""HTTP/2 against real servers: sharing, flow control, refusals, and that nothing else changes."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hyperframe.frame import GoAwayFrame

from shared.net.client import Fetcher, FetchError
from shared.net.egress import EgressTransport
from shared.settings import Settings
from tests.unit.net.h2_site import HTML, H2Exchange, H2Site
from tests.unit.net.servers import Dns, page
from tests.unit.net.world import World

HOSTS = ("shop.example", "www.shop.example", "other.example")


class H2World:
    """A site that speaks HTTP/2 alone, under three names that one certificate covers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = H2Site()
        self.dns = Dns()
        self.settings = Settings()

    async def start(self, settings: dict[SettingCodes, int] | None = None) -> None:
        self.site = H2Site(settings)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.folder / "ca.pem")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*HOSTS).configure_cert(tls)
        await self.site.start(tls)
        await self.dns.start()
        self.dns.records = {host: [["127.0.0.1"]] for host in HOSTS}
        self.settings = Settings(
            dns_servers=[self.dns.address],
            http_port_map={"https": self.site.port},
            egress_allow=[f"127.0.0.1:{self.site.port}"],
            egress_ca_file=str(self.folder / "ca.pem"),
            host_delay=0.0,
            robots=False,
            fetch_timeout=20.0,
        )

    async def stop(self) -> None:
        await self.site.stop()
        self.dns.stop()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=EgressTransport(self.settings), trust_env=False)


@pytest.fixture
async def h2(tmp_path: Path) -> AsyncIterator[H2World]:
    world = H2World(tmp_path)
    await world.start()
    yield world
    await world.stop()


async def test_a_response_says_it_came_over_http2(h2: H2World) -> None:
    async def moved(exchange: H2Exchange) -> None:
        await exchange.answer(b"", [(":status", "302"), ("location", "/home"), ("set-cookie", "seen=1")])

    async def home(exchange: H2Exchange) -> None:
        body = gzip.compress(b"<p>home</p>" * 100)
        headers = [*HTML, ("content-encoding", "gzip"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
        await exchange.answer(body, headers)

    h2.site.pages |= {"/": moved, "/home": home}
    async with Fetcher(h2.settings) as fetcher:
        response = await fetcher.get_site("shop.example")
    assert (response.status, response.http_version) == (200, "HTTP/2")
    assert response.url == "https://shop.example/home"
    assert response.body == b"<p>home</p>" * 100
    assert [value for name, value in response.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert not any(name.startswith(":") for name, _ in response.headers)
    assert response.ip == "127.0.0.1"
    assert response.tls is not None and response.tls.version == "TLSv1.3"
    assert h2.site.connections == 1
    sent = h2.site.requests[1].headers
    assert (sent[":authority"], sent[":scheme"], sent[":method"]) == ("shop.example", "https", "GET")
    assert sent["cookie"] == "seen=1"
    assert "host" not in sent and "connection" not in sent


async def test_http1_where_the_site_offers_no_http2(world: World) -> None:
    world.secure.pages["/"] = page()
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("https://shop.example/")).http_version == "HTTP/1.1"


async def test_many_requests_at_once_share_one_connection(h2: H2World) -> None:
    everyone = asyncio.Barrier(50)

    async def together(exchange: H2Exchange) -> None:
        await everyone.wait()
        await exchange.answer(exchange.seen.target.encode())

    targets = [f"/{number}" for number in range(50)]
    h2.site.pages = dict.fromkeys(targets, together)
    async with h2.client() as http:
        answers = await asyncio.gather(*(http.get(f"https://shop.example{target}") for target in targets))
        assert [answer.text for answer in answers] == targets
        assert {answer.http_version for answer in answers} == {"HTTP/2"}
        again = dict.fromkeys(targets, b"again")
        h2.site.pages = again
        await asyncio.gather(*(http.get(f"https://shop.example{target}") for target in targets))
    assert h2.site.connections == 1
    assert h2.site.most_open == 50
    assert h2.dns.asked["shop.example A"] == 1


async def test_no_coalescing_between_names_of_one_certificate(h2: H2World) -> None:
    h2.site.pages["/"] = b"<p>x</p>"
    async with h2.client() as http:
        for host in HOSTS:
            await http.get(f"https://{host}/")
    assert h2.site.connections == 3


async def test_beyond_the_servers_limit_another_connection_is_opened(tmp_path: Path) -> None:
    world = H2World(tmp_path)
    await world.start({SettingCodes.MAX_CONCURRENT_STREAMS: 2})
    everyone = asyncio.Barrier(6)

    async def together(exchange: H2Exchange) -> None:
        await everyone.wait()
        await exchange.answer()

    world.site.pages["/"] = together
    async with world.client() as http:
        answers = await asyncio.gather(*(http.get("https://shop.example/") for _ in range(6)))
    await world.stop()
    assert [answer.status_code for answer in answers] == [200] * 6
    assert 3 <= world.site.connections <= 6
    per_connection = [seen.connection for seen in world.site.requests]
    assert max(per_connection.count(number) for number in per_connection) <= 2


async def test_large_bodies_move_both_windows(h2: H2World) -> None:
    body = bytes(range(256)) * 16 * 1024  # 4 MiB: four stream windows
    h2.site.pages |= {"/a": body, "/b": body}
    async with Fetcher(h2.settings) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(f"https://shop.example/{name}") for name in "ab"))
        assert all(answer.body == body for answer in answers)
    assert h2.site.connections == 1


async def test_a_page_given_up_is_reset_and_its_window_given_back(h2: H2World) -> None:
    h2.site.pages |= {"/huge": bytes(20 * 1024 * 1024), "/": b"<p>small</p>"}
    async with Fetcher(h2.settings) as fetcher:
        for _ in range(6):  # six times the stream window would fill the connection's
            with pytest.raises(FetchError) as caught:
                await fetcher.get("https://shop.example/huge")
            assert caught.value.code == "too_large"
            assert (await fetcher.get("https://shop.example/")).body == b"<p>small</p>"
    assert h2.site.resets


async def test_a_caller_who_leaves_does_not_disturb_the_others(h2: H2World) -> None:
    gate = asyncio.Event()

    async def slow(exchange: H2Exchange) -> None:
        await gate.wait()
        await exchange.answer()

    h2.site.pages |= {"/one": slow, "/two": slow}
    async with h2.client() as http:
        one, two = (asyncio.create_task(http.get(f"https://shop.example/{name}")) for name in ("one", "two"))
        while len(h2.site.requests) < 2:
            await asyncio.sleep(0.01)
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        gate.set()
        assert (await two).status_code == 200
    assert h2.site.connections == 1


async def test_a_body_is_sent_as_the_window_allows(h2: H2World) -> None:
    async def upload(exchange: H2Exchange) -> None:
        while exchange.peer.received < 500_000:
            exchange.peer.news.clear()
            await exchange.peer.news.wait()
        await exchange.answer(b"thanks")

    h2.site.pages["/"] = upload
    async with h2.client() as http:
        assert (await http.post("https://shop.example/", content=b"x" * 500_000)).text == "thanks"


async def test_an_answer_before_the_body_was_sent_ends_both(h2: H2World) -> None:
    async def early(exchange: H2Exchange) -> None:
        await exchange.answer(b"enough")

    h2.site.pages["/"] = early
    async with h2.client() as http:
        for _ in range(3):
            assert (await http.post("https://shop.example/", content=b"x" * 5_000_000)).text == "enough"
    assert h2.site.connections == 1
    assert len(h2.site.resets) == 3


async def test_a_refused_request_is_sent_once_more_over_another_connection(h2: H2World) -> None:
    async def refuse_the_first(exchange: H2Exchange) -> None:
        if exchange.seen.connection == 1:
            exchange.reset(ErrorCodes.REFUSED_STREAM)
        else:
            await exchange.answer()

    async def refuse(exchange: H2Exchange) -> None:
        exchange.reset(ErrorCodes.REFUSED_STREAM)

    h2.site.pages |= {"/": refuse_the_first, "/never": refuse}
    async with Fetcher(h2.settings) as fetcher:
        assert (await fetcher.get("https://shop.example/")).status == 200
        with pytest.raises(FetchError) as caught:
            await fetcher.get("https://shop.example/never")
    assert (caught.value.code, caught.value.retryable) == ("protocol", True)
    assert [seen.target for seen in h2.site.requests] == ["/", "/", "/never", "/never"]


async def test_a_post_that_was_refused_is_repeated_too(h2: H2World) -> None:
    async def refuse_the_first(exchange: H2Exchange) -> None:
        if exchange.seen.connection == 1:
            exchange.reset(ErrorCodes.REFUSED_STREAM)
        else:
            await exchange.answer()

    h2.site.pages["/"] = refuse_the_first
    async with h2.client() as http:
        assert (await http.post("https://shop.example/", content=b"body")).status_code == 200


def goaway(last_stream: int, code: int = 0) -> bytes:
    return GoAwayFrame(0, last_stream_id=last_stream, error_code=code).serialize()


async def test_after_goaway_earlier_answers_still_come_and_later_requests_go_elsewhere(h2: H2World) -> None:
    both = asyncio.Event()

    async def first(exchange: H2Exchange) -> None:
        await both.wait()
        await exchange.raw(goaway(exchange.seen.stream))
        await exchange.answer(b"first")

    async def second(exchange: H2Exchange) -> None:
        if exchange.seen.connection == 1:
            both.set()
        else:
            await exchange.answer(b"second")

    h2.site.pages |= {"/first": first, "/second": second}
    async with h2.client() as http:
        one = asyncio.create_task(http.get("https://shop.example/first"))
        while not h2.site.requests:
            await asyncio.sleep(0.01)
        two = await http.get("https://shop.example/second")
        assert ((await one).text, two.text) == ("first", "second")
    assert [seen.connection for seen in h2.site.requests] == [1, 1, 2]


async def test_a_connection_that_said_goaway_while_idle_is_replaced(h2: H2World) -> None:
    async def last(exchange: H2Exchange) -> None:
        await exchange.answer()
        await exchange.raw(goaway(exchange.seen.stream))

    h2.site.pages["/"] = last
    async with h2.client() as http:
        for _ in range(3):
            assert (await http.get("https://shop.example/")).status_code == 200
    assert h2.site.connections == 3


async def test_a_reused_connection_that_dies_is_repeated_for_get_only(h2: H2World) -> None:
    async def first_request_only(exchange: H2Exchange) -> None:
        if exchange.seen.stream == 1:
            await exchange.answer()
        else:
            exchange.peer.writer.transport.abort()

    h2.site.pages["/"] = first_request_only
    async with h2.client() as http:
        assert (await http.get("https://shop.example/")).status_code == 200
        assert (await http.get("https://shop.example/")).status_code == 200
        with pytest.raises(httpx.TransportError):
            await http.post("https://shop.example/", content=b"x")
    assert [seen.connection for seen in h2.site.requests] == [1, 1, 2, 2]


async def test_a_site_that_asks_for_http1_is_not_asked_over_http2_again(h2: H2World) -> None:
    async def required(exchange: H2Exchange) -> None:
        exchange.reset(ErrorCodes.HTTP_1_1_REQUIRED)

    h2.site.pages["/"] = required
    async with Fetcher(h2.settings) as fetcher:
        with pytest.raises(FetchError):  # this server speaks nothing else
            await fetcher.get("https://shop.example/")
    assert len(h2.site.requests) == 1
    assert h2.site.connections == 2


async def test_idle_connections_are_bounded(h2: H2World) -> None:
    h2.site.pages["/"] = b"x"
    transport = EgressTransport(h2.settings, max_idle=2)
    async with httpx.AsyncClient(transport=transport) as http:
        for host in HOSTS:
            await http.get(f"https://{host}/")
        assert len(transport._idle) == 2
        assert not transport._shared._by_origin
    assert len(transport._idle) == 0


async def test_hypercorn_answers_over_http2(tmp_path: Path) -> None:
    """A server that others wrote."""
    world = H2World(tmp_path)
    await world.start()
    authority = trustme.CA()
    certificate = authority.issue_cert("shop.example")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    authority.cert_pem.write_to_path(tmp_path / "other-ca.pem")
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listening.detach()}"]
    config.certfile, config.keyfile = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    config.alpn_protocols = ["h2", "http/1.1"]
    stop = asyncio.Event()

    async def app(scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def,type-arg]
        if scope["type"] != "http":
            return
        body = f"HTTP/{scope['http_version']} {scope['path']} ".encode() * 10_000
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body})

    server = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))  # type: ignore[arg-type]
    settings = Settings(
        dns_servers=[world.dns.address],
        http_port_map={"https": port},
        egress_allow=[f"127.0.0.1:{port}"],
        egress_ca_file=str(tmp_path / "other-ca.pem"),
        host_delay=0.0,
        robots=False,
    )
    async with Fetcher(settings) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(f"https://shop.example/{number}") for number in range(10)))
    stop.set()
    await server
    await world.stop()
    assert {answer.http_version for answer in answers} == {"HTTP/2"}
    assert all(answer.body == f"HTTP/2 /{number} ".encode() * 10_000 for number, answer in enumerate(answers))
