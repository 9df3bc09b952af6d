"""The fetcher against real servers: redirects, sites, reuse, concurrency, what a Response says."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime

import pytest

from shared.net.client import Fetcher, FetchError, Response, require_html
from tests.unit.net.servers import Script, Seen, page, redirect
from tests.unit.net.world import World


async def failure(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url)
    return caught.value


async def test_a_response_says_what_happened(world: World) -> None:
    world.site.pages["/"] = redirect("https://shop.example/home", Set_Cookie="seen=1; Path=/")
    answer = page(b"<html>home</html>", Set_Cookie="a=1").replace(b"\r\n\r\n", b"\r\nSet-Cookie: b=2\r\n\r\n")
    world.secure.pages["/home"] = answer
    async with Fetcher(world.settings) as fetcher:
        response = await fetcher.get("http://SHOP.example#top")
    assert (response.requested_url, response.url) == ("http://SHOP.example#top", "https://shop.example/home")
    assert response.redirects == ["https://shop.example/home"]
    assert (response.status, response.body, response.http_version) == (200, b"<html>home</html>", "HTTP/1.1")
    assert [value for name, value in response.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert response.ip == "127.0.0.1"
    assert response.elapsed_ms < 5000
    assert datetime.fromisoformat(response.fetched_at).tzinfo is not None
    assert response.tls is not None
    assert response.tls.version == "TLSv1.3"
    assert "trustme" in response.tls.issuer
    assert response.tls.days_left(datetime.now(UTC)) > 300
    sent = world.secure.requests[0].headers
    assert sent["accept-encoding"] == "gzip"
    assert sent["user-agent"] == world.settings.user_agent.lower()
    assert sent["cookie"] == "seen=1"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "429 Slow", "301 Moved"])
async def test_any_status_is_a_response(world: World, status: str) -> None:
    world.site.pages["/"] = page(b"<p>no</p>", status)
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("http://shop.example/")).status == int(status[:3])


@pytest.mark.parametrize(
    ("status", "kind", "body", "code", "retryable"),
    [
        (404, "text/html", b"<p>", "http_4xx", False),
        (429, "text/html", b"<p>", "http_4xx", True),
        (503, "text/html", b"<p>", "http_5xx", True),
        (501, "text/html", b"<p>", "http_5xx", False),
        (200, "application/pdf", b"%PDF", "not_html", False),
        (200, "", b"%PDF", "not_html", False),
    ],
)
def test_require_html_refuses(status: int, kind: str, body: bytes, code: str, retryable: bool) -> None:
    with pytest.raises(FetchError) as caught:
        require_html(made(status, kind, body))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


@pytest.mark.parametrize(
    ("kind", "body"), [("text/html; charset=x", b""), ("TEXT/HTML", b"x"), ("", b"\n <!doctype html>")]
)
def test_require_html_lets_pages_pass(kind: str, body: bytes) -> None:
    response = made(200, kind, body)
    assert require_html(response) is response


def made(status: int, kind: str, body: bytes) -> Response:
    headers = [("content-type", kind)] if kind else []
    return Response("http://a.b/", "http://a.b/", status, headers, body, "HTTP/1.1", 1, [], None, "1.1.1.1", "")


@pytest.mark.parametrize("location", ["/next", "next", "?x=1", "//www.shop.example/next", "https://shop.example/é"])
async def test_locations_of_every_shape(world: World, location: str) -> None:
    for pages in (world.site.pages, world.secure.pages):
        pages["/next"] = pages["/?x=1"] = pages["/%C3%A9"] = page(b"<p>there</p>")
    world.site.pages["/"] = redirect(location.encode().decode("latin-1"))
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("http://shop.example/")).body == b"<p>there</p>"


async def test_redirects_on_one_host_reuse_the_connection(world: World) -> None:
    world.site.pages["/"] = page(b"moved", "301 Moved", Location="/fr/")
    world.site.pages["/fr/"] = page()
    async with Fetcher(world.settings) as fetcher:
        await fetcher.get("http://shop.example/")
    assert world.site.connections == 1


async def test_a_loop_ends_after_five_redirects(world: World) -> None:
    world.site.pages["/"] = redirect("/")
    async with Fetcher(world.settings) as fetcher:
        error = await failure(fetcher, "http://shop.example/")
    assert (error.code, error.retryable) == ("too_many_redirects", False)
    assert len(world.site.requests) == 6


async def test_a_cookie_wall_opens(world: World) -> None:
    async def wall(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        known = seen.headers.get("cookie") == "ok=yes"
        writer.write(page(b"<p>in</p>") if known else redirect("/", Set_Cookie="ok=yes; HttpOnly"))
        return True

    world.site.pages["/"] = wall
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("http://shop.example/")).body == b"<p>in</p>"


@pytest.mark.parametrize("kind", ["gzip", "x-gzip", "GZIP"])
async def test_gzip_is_inflated(world: World, kind: str) -> None:
    body = gzip.compress(b"<p>one</p>") + gzip.compress(b"<p>two</p>") + b"\0\0"
    world.site.pages["/"] = page(body, Content_Encoding=kind)
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get("http://shop.example/")).body == b"<p>one</p><p>two</p>"


async def test_a_bare_host_is_tried_over_https_then_http(world: World) -> None:
    world.secure.pages["/"] = page(b"<p>secure</p>")
    world.site.pages["/"] = page(b"<p>plain</p>")
    world.dns.records["plain.example"] = [["127.0.0.1"]]  # its certificate names another host
    async with Fetcher(world.settings) as fetcher:
        assert (await fetcher.get_site(" Shop.example ")).body == b"<p>secure</p>"
        assert (await fetcher.get_site("plain.example")).body == b"<p>plain</p>"
        assert (await fetcher.get_site("http://shop.example")).body == b"<p>plain</p>"
        for value in ("", "ftp://shop.example", "not a site"):
            with pytest.raises(FetchError) as caught:
                await fetcher.get_site(value)
            assert caught.value.code == "invalid_url"


async def test_a_dead_site_says_how_it_died(world: World) -> None:
    world.dns.records["dead.example"] = [["127.0.0.1"]]
    spare = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    closed = spare.sockets[0].getsockname()[1]
    spare.close()
    await spare.wait_closed()
    ports = {"http": closed, "https": closed}
    settings = world.but(http_port_map=ports, egress_allow=[f"127.0.0.1:{closed}"])
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as refused:
            await fetcher.get_site("dead.example")
        with pytest.raises(FetchError) as unknown:
            await fetcher.get_site("nowhere.example")
    assert (refused.value.code, refused.value.retryable) == ("connection", True)
    assert (unknown.value.code, unknown.value.retryable) == ("dns", False)
    assert unknown.value.url == "https://nowhere.example/"


async def test_an_expired_certificate_is_told_although_http_is_closed_too(world: World) -> None:
    world.dns.records["wrong.example"] = [["127.0.0.1"]]
    async with Fetcher(world.but(egress_allow=[f"127.0.0.1:{world.secure.port}"])) as fetcher:
        with pytest.raises(FetchError, match="Hostname mismatch") as caught:
            await fetcher.get_site("wrong.example")
    assert caught.value.code == "tls"


def behind(gate: asyncio.Event) -> Script:
    """A page that comes once the gate is opened."""

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await gate.wait()
        writer.write(page())
        return True

    return answer


async def test_the_same_page_at_the_same_moment_is_fetched_once(world: World) -> None:
    gate = asyncio.Event()
    world.site.pages["/"] = behind(gate)
    async with Fetcher(world.settings) as fetcher:
        tasks = [asyncio.create_task(fetcher.get("http://shop.example/")) for _ in range(10)]
        while not world.site.requests:
            await asyncio.sleep(0)
        tasks[0].cancel()  # the first to ask leaves; the others still get their page
        gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert all(isinstance(answer, Response) for answer in answers[1:])
    assert len(world.site.requests) == 1


@pytest.mark.parametrize("first", [False, True])
async def test_who_wants_a_page_as_it_is_now_shares_it_with_who_does_not(world: World, first: bool) -> None:
    gate = asyncio.Event()
    world.site.pages["/"] = behind(gate)
    async with Fetcher(world.settings) as fetcher:
        begun = asyncio.create_task(fetcher.get("http://shop.example/", fresh=first))
        while not world.site.requests:
            await asyncio.sleep(0)
        joined = asyncio.create_task(fetcher.get("http://shop.example/", fresh=not first))
        await asyncio.sleep(0)
        gate.set()
        assert await begun is await joined
        assert len(world.site.requests) == 1
        await fetcher.get("http://shop.example/", fresh=True)
    assert len(world.site.requests) == 2


async def test_who_wants_a_page_as_it_is_now_asks_again_when_the_shared_one_fails(world: World) -> None:
    gate = asyncio.Event()

    async def breaks_once(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await gate.wait()
        if len(world.site.requests) > 1:
            writer.write(page())
        return False

    world.site.pages["/"] = breaks_once
    async with Fetcher(world.settings) as fetcher:
        begun = asyncio.create_task(failure(fetcher, "http://shop.example/"))
        while not world.site.requests:
            await asyncio.sleep(0)
        joined = asyncio.create_task(fetcher.get("http://shop.example/", fresh=True))
        await asyncio.sleep(0)
        gate.set()
        assert (await begun).code == "connection"
        assert (await joined).status == 200


async def test_two_hundred_and_fifty_fetches_at_once(world: World) -> None:
    everyone = asyncio.Barrier(250)

    async def together(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await everyone.wait()
        writer.write(page(b"<p>" + seen.headers["host"].encode() + b"</p>"))
        return True

    names = [f"shop{number}.example" for number in range(250)]
    world.dns.records.update({name: [["127.0.0.1"]] for name in names})
    world.site.pages["/"] = together
    async with Fetcher(world.settings) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(f"http://{name}/") for name in names))
    assert [answer.body for answer in answers] == [f"<p>{name}</p>".encode() for name in names]
    assert world.site.most_open == 250
