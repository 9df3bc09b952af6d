"""The HTTP/1.1 connection against servers that say exactly what they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpcore
import pytest

from shared.net.http1 import Http1Connection

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
HI = OK + b"Content-Length: 2\r\n\r\nhi"


@asynccontextmanager
async def connected(serve: Serve) -> AsyncIterator[Http1Connection]:
    """A connection to a server that is gone when the block ends."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    stream = await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1], 5)
    connection = Http1Connection(stream)
    try:
        yield connection
    finally:
        await connection.aclose()
        server.close()


def saying(*answers: bytes, stay: bool = True) -> Serve:
    """Each answer after one head of a request; then silence, or the end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        if stay:
            await reader.read()
        writer.close()

    return serve


def request(method: bytes = b"GET", target: bytes = b"/", *headers: tuple[bytes, bytes], body: bytes = b""):
    url = httpcore.URL(scheme=b"http", host=b"a.example", port=80, target=target)
    return httpcore.Request(method, url, headers=[(b"Host", b"a.example"), *headers], content=body)


async def answer(connection: Http1Connection, asked: httpcore.Request | None = None):
    """Status, headers by lower-case name, and body of one answer, read to its end."""
    async with asyncio.timeout(30):
        got = await connection.handle_async_request(asked or request())
        body = b"".join([piece async for piece in got.aiter_stream()])
        await got.aclose()
    return got.status, {name.lower(): value for name, value in got.headers}, body


@pytest.mark.parametrize(
    ("said", "reusable"),
    [
        (HI, True),
        (HI.replace(b"\r\n", b"\n"), True),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", True),
        (b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" + HI, True),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HI, True),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n1  \r\ni\r\n0\r\nX: y\r\n\r\n", True),
        (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 20\r\n\r\n2\r\nhi\r\n0\r\n\r\n", False),
        (OK + b"X-Folded: a\r\n b\r\nX-Odd: a\x01b\r\nContent-Length: 2\r\n\r\nhi", True),
        (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", False),
        (HI + b"and more", False),
        (HI + HI, False),
    ],
)
async def test_answers_that_browsers_take(said: bytes, reusable: bool) -> None:
    async with connected(saying(said)) as connection:
        status, headers, body = await answer(connection)
        assert (status, body) == (200, b"hi")
        assert b"link" not in headers
        assert connection.is_idle() is reusable
        assert connection.is_closed() is not reusable


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\n\r\n", OK + b"\r\n", OK + b"Transfer-Encoding: identity\r\n\r\n"]
)
async def test_a_body_without_a_length_goes_on_to_the_end(head: bytes) -> None:
    async with connected(saying(head + b"hi", stay=False)) as connection:
        assert (await answer(connection))[2] == b"hi"
        assert not connection.is_idle()


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_answers_without_a_body_end_with_their_head(status: bytes) -> None:
    async with connected(saying(b"HTTP/1.1 " + status + b"\r\n\r\n", HI)) as connection:
        assert (await answer(connection))[2] == b""
        assert (await answer(connection))[2] == b"hi"


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        OK + b"Content-Length: -2\r\n\r\nhi",
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"no header\r\n\r\n",
        OK + b"A: b\x00c\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"A: " + b"b" * 110_000,
        OK + b"A: b\r\n" * 20_000,
        OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 210_000,
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n0\r\n" + b"A: b\r\n" * 50_000,
    ],
)
async def test_answers_that_are_not_http_or_never_end(said: bytes) -> None:
    async with connected(saying(said)) as connection:
        with pytest.raises(httpcore.RemoteProtocolError):
            await answer(connection)
        assert not connection.is_idle()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-"])
async def test_a_server_that_hangs_up_before_its_answer(said: bytes) -> None:
    async with connected(saying(said, stay=False)) as connection:
        with pytest.raises(httpcore.RemoteProtocolError, match="without sending a response"):
            await answer(connection)
        assert connection.is_closed()


@pytest.mark.parametrize("said", [HI[:-1], OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"])
async def test_a_server_that_hangs_up_within_its_answer(said: bytes) -> None:
    async with connected(saying(said, stay=False)) as connection:
        with pytest.raises(httpcore.RemoteProtocolError, match="before the end"):
            await answer(connection)


async def test_a_body_that_is_not_read_ends_the_connection() -> None:
    async with connected(saying(OK + b"Content-Length: 200000\r\n\r\n" + b"x" * 100_000)) as connection:
        got = await connection.handle_async_request(request())
        await got.aclose()
        await got.aclose()
        assert connection.is_closed()


async def test_a_cancelled_request_ends_the_connection() -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()

    async with connected(silent) as connection:
        task = asyncio.create_task(connection.handle_async_request(request()))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert connection.is_closed()


async def test_a_server_that_hung_up_is_seen_before_the_next_request() -> None:
    async with connected(saying(HI, stay=False)) as connection:
        await answer(connection)
        async with asyncio.timeout(20):
            while not connection.has_expired():
                await asyncio.sleep(0)


async def test_a_body_goes_out_with_its_length_and_an_early_answer_is_heard() -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(4))
        writer.write(HI)
        await reader.read()

    async with connected(serve) as connection:
        asked = request(b"POST", b"/x?y", (b"Content-Length", b"4"), body=b"body")
        assert (await answer(connection, asked))[0] == 200
    assert bytes(heard) == b"POST /x?y HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nbody"


@pytest.mark.parametrize(
    "asked",
    [
        request(b"GET", b"/a b"),
        request(b"GET", b"/a\r\nX: y"),
        request(b"GET", b"/", (b"Cookie", b"a\r\nX: y")),
        request(b"GET", b"/", (b"A\nB", b"c")),
        request(b"POST", b"/", (b"Transfer-Encoding", b"chunked")),
    ],
)
async def test_nothing_is_said_that_would_end_a_line_early(asked: httpcore.Request) -> None:
    async with connected(saying(HI)) as connection:
        with pytest.raises(httpcore.LocalProtocolError):
            await connection.handle_async_request(asked)
