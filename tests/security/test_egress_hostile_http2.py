"""HTTP/2 servers that try to exhaust us: every fetch ends in an error, soon, and cheaply."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
import pytest
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from shared.net.client import Fetcher, FetchError
from tests.timing import SLACK, assert_loop_free
from tests.unit.net.h2_site import HTML, H2Exchange
from tests.unit.net.test_http2 import H2World

BLOCK = Encoder().encode(HTML)


@pytest.fixture
async def h2(tmp_path: Path) -> AsyncIterator[H2World]:
    world = H2World(tmp_path)
    await world.start()
    yield world
    await world.stop()


async def failure(h2: H2World, timeout: float = 10.0) -> FetchError:
    """What the page ends with; the bounds on time and on this process's memory hold for every case."""
    settings = msgspec.structs.replace(h2.settings, fetch_timeout=timeout)
    process = psutil.Process()
    memory, began = process.memory_info().rss, time.monotonic()
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("https://shop.example/")
    assert time.monotonic() - began < timeout + SLACK
    assert process.memory_info().rss - memory < 64 * 1024 * 1024
    return caught.value


def once(frame: Frame, stream: int) -> bytes:
    frame.stream_id = stream if frame.stream_id else 0
    return frame.serialize()


def head(stream: int, *flags: str, block: bytes = BLOCK) -> bytes:
    return HeadersFrame(stream, data=block, flags=list(flags)).serialize()


async def flood(exchange: H2Exchange, piece: bytes, first: bytes = b"") -> None:
    await exchange.raw(first)
    pieces = piece * max(1, 16384 // len(piece))
    while True:
        await exchange.raw(pieces)
        await asyncio.sleep(0)


FLOODS = {
    "ping": PingFrame(0, opaque_data=b"12345678"),
    "ping answers": PingFrame(0, opaque_data=b"12345678", flags=["ACK"]),
    "empty settings": SettingsFrame(0),
    "settings": SettingsFrame(0, settings=dict.fromkeys(range(100, 2000), 1)),
    "window of the connection": WindowUpdateFrame(0, window_increment=1),
    "window of the stream": WindowUpdateFrame(1, window_increment=1),
    "priority": PriorityFrame(1, depends_on=0, stream_weight=1),
    "resets": RstStreamFrame(1, error_code=8),
    "unknown frames": ExtensionFrame(0xB, 0, flag_byte=0, body=b"x" * 100),
    "alternative services": ExtensionFrame(0xA, 0, flag_byte=0, body=b"\0\0"),
    "empty data": DataFrame(1, data=b""),
}


@pytest.mark.parametrize("name", FLOODS)
@pytest.mark.parametrize("after_head", [False, True])
async def test_floods_of_frames_that_bring_nothing(h2: H2World, name: str, after_head: bool) -> None:
    async def script(exchange: H2Exchange) -> None:
        first = head(exchange.seen.stream, "END_HEADERS") if after_head else b""
        await flood(exchange, once(FLOODS[name], exchange.seen.stream), first)

    h2.site.pages["/"] = script
    error = await failure(h2)
    assert error.code in ("protocol", "connection")
    assert error.retryable


async def test_padding_without_data(h2: H2World) -> None:
    async def script(exchange: H2Exchange) -> None:
        frame = DataFrame(exchange.seen.stream, data=b"", pad_length=255, flags=["PADDED"]).serialize()
        await flood(exchange, frame, head(exchange.seen.stream, "END_HEADERS"))

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


async def test_interim_answers_without_end(h2: H2World) -> None:
    async def script(exchange: H2Exchange) -> None:
        await flood(exchange, head(exchange.seen.stream, "END_HEADERS", block=Encoder().encode([(":status", "103")])))

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


@pytest.mark.parametrize("piece", [b"", b"x" * 16384])
async def test_continuations_without_end(h2: H2World, piece: bytes) -> None:
    async def script(exchange: H2Exchange) -> None:
        frame = ContinuationFrame(exchange.seen.stream, data=piece).serialize()
        await flood(exchange, frame, head(exchange.seen.stream))

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


@pytest.mark.parametrize(
    "headers",
    [
        [*HTML, *((f"x-{number}", "y") for number in range(400))],
        [*HTML, *((f"x-{number}", "y" * 1000) for number in range(80))],
        [*HTML, ("x", "y" * 70_000)],
        [("content-type", "text/html")],
        [(":status", "abc")],
        [(":status", "200"), (":status", "404")],
        [(":status", "099")],
        [*HTML, ("content-length", "abc")],
        [*HTML, ("x-split", "a\r\nSet-Cookie: b=1")],
        [*HTML, ("x-nul", "a\0b")],
    ],
)
async def test_heads_out_of_bounds(h2: H2World, headers: list[tuple[str, str]]) -> None:
    async def script(exchange: H2Exchange) -> None:
        block = Encoder().encode(headers)
        pieces = [block[at : at + 16384] for at in range(0, len(block), 16384)]
        frames: list[Frame] = [HeadersFrame(exchange.seen.stream, data=pieces[0])]
        frames += [ContinuationFrame(exchange.seen.stream, data=piece) for piece in pieces[1:]]
        frames[-1].flags.add("END_HEADERS")
        await exchange.raw(b"".join(frame.serialize() for frame in frames))

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


async def test_a_header_table_that_grows_out_of_references(h2: H2World) -> None:
    """One long header and thousands of one-byte references to it."""

    async def script(exchange: H2Exchange) -> None:
        block = Encoder().encode([*HTML, ("x-long", "y" * 3500)]) + b"\xbe" * 10_000
        await exchange.raw(head(exchange.seen.stream, "END_HEADERS", block=block))

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


async def test_push_is_refused(h2: H2World) -> None:
    async def script(exchange: H2Exchange) -> None:
        block = Encoder().encode(
            [(":method", "GET"), (":path", "/x"), (":scheme", "https"), (":authority", "a.example")]
        )
        push = PushPromiseFrame(exchange.seen.stream, promised_stream_id=2, data=block, flags=["END_HEADERS"])
        await exchange.raw(push.serialize())
        await exchange.answer()

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


async def test_trailers_are_no_page_and_do_no_harm(h2: H2World) -> None:
    async def good(exchange: H2Exchange) -> None:
        exchange.head()
        await exchange.data(b"<p>page</p>", ends=False)
        exchange.head([("x-checksum", "1")], ends=True)

    async def endless(exchange: H2Exchange) -> None:
        trailer = head(exchange.seen.stream, "END_HEADERS", block=Encoder().encode([("x", "y")]))
        await flood(exchange, trailer, head(exchange.seen.stream, "END_HEADERS"))

    h2.site.pages["/"] = good
    async with Fetcher(h2.settings) as fetcher:
        answer = await fetcher.get("https://shop.example/")
    assert answer.body == b"<p>page</p>"
    assert answer.header("x-checksum") is None
    h2.site.pages["/"] = endless
    assert (await failure(h2)).code == "protocol"


@pytest.mark.parametrize(
    "frames",
    [
        b"\x00\x40\x01\x00\x00\x00\x00\x00\x01" + b"x" * 0x4001,  # longer than we allow
        b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x00\x00\x07\x00\x00\x00\x00\x00",  # a GOAWAY without its content
        b"\x00\x00\x05\x03\x00\x00\x00\x00\x01abcde",
        b"\x00\x00\x04\x08\x00\x00\x00\x00\x01\x00\x00\x00\x00",  # a window that grows by nothing
        b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff" * 2,
        b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff",
        b"\x00\x00\x02\x01\x04\x00\x00\x00\x01\xff\xff",  # HPACK that decodes to nothing
        b"\x00\x00\x03\x00\x00\x00\x00\x00\x01abc",  # DATA before HEADERS
        b"\x00\x00\x01\x01\x04\x00\x00\x00\x02\x88",  # a stream that nobody opened
        b"\x00\x00\x00\x01\x00\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678",
    ],
)
async def test_frames_that_break_the_rules(h2: H2World, frames: bytes) -> None:
    async def script(exchange: H2Exchange) -> None:
        await exchange.raw(frames)

    h2.site.pages["/"] = script
    assert (await failure(h2)).code in ("protocol", "connection")


async def test_more_data_than_the_window_allows(h2: H2World) -> None:
    async def script(exchange: H2Exchange) -> None:
        frame = DataFrame(exchange.seen.stream, data=b"x" * 16000).serialize()
        await flood(exchange, frame, head(exchange.seen.stream, "END_HEADERS"))

    h2.site.pages["/"] = script
    assert (await failure(h2)).code in ("protocol", "too_large")


async def test_a_body_that_is_not_as_long_as_announced(h2: H2World) -> None:
    async def script(exchange: H2Exchange) -> None:
        block = Encoder().encode([*HTML, ("content-length", "100")])
        end = DataFrame(exchange.seen.stream, data=b"short", flags=["END_STREAM"]).serialize()
        await exchange.raw(head(exchange.seen.stream, "END_HEADERS", block=block) + end)

    h2.site.pages["/"] = script
    assert (await failure(h2)).code == "protocol"


async def test_an_endless_body_and_a_bomb_are_too_large(h2: H2World) -> None:
    async def endless(exchange: H2Exchange) -> None:
        exchange.head()
        while True:
            await exchange.data(b"x" * 65536, ends=False)

    async def bomb(exchange: H2Exchange) -> None:
        exchange.head([*HTML, ("content-encoding", "gzip")])
        await exchange.data(gzip.compress(bytes(200 * 1024 * 1024)))

    for script in (endless, bomb):
        h2.site.pages["/"] = script
        assert (await failure(h2, timeout=20.0)).code == "too_large"


async def silence(exchange: H2Exchange) -> None:
    """Accepted, and never a word."""


async def drip(exchange: H2Exchange) -> None:
    exchange.head()
    while True:
        await exchange.data(b"x", ends=False)
        await asyncio.sleep(0.02)


async def no_window(exchange: H2Exchange) -> None:
    await exchange.raw(SettingsFrame(0, settings={4: 0, 3: 0}).serialize())


@pytest.mark.parametrize("script", [silence, drip, no_window])
async def test_what_takes_for_ever_ends_with_the_time(h2: H2World, script: object) -> None:
    h2.site.pages["/"] = script  # type: ignore[assignment]
    error = await failure(h2, timeout=0.6)
    assert (error.code, error.retryable) == ("timeout", True)


async def test_a_window_of_zero_ends_a_body_that_is_sent(h2: H2World) -> None:
    """A request with a body, against a server that never lets it pass."""

    async def script(exchange: H2Exchange) -> None:
        await asyncio.Event().wait()

    h2.site.pages["/"] = script
    async with h2.client() as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                await http.post("https://shop.example/", content=b"x" * 10_000_000)


async def test_a_flood_leaves_the_loop_alive(h2: H2World) -> None:
    async def script(exchange: H2Exchange) -> None:
        await exchange.raw(head(exchange.seen.stream, "END_HEADERS"))
        await exchange.raw(DataFrame(exchange.seen.stream, data=b"x").serialize() * 3000)
        exchange.peer.writer.write(PingFrame(0, opaque_data=b"12345678").serialize() * 50_000)

    h2.site.pages["/"] = script

    async def fetch() -> None:
        async with Fetcher(h2.settings) as fetcher:
            with pytest.raises(FetchError):
                await fetcher.get("https://shop.example/")

    await assert_loop_free(0.15, fetch)


async def test_an_idle_connection_cannot_flood_either(h2: H2World) -> None:
    gone = asyncio.Event()

    async def script(exchange: H2Exchange) -> None:
        await exchange.answer()
        try:
            while not exchange.peer.writer.transport.is_closing():
                await exchange.raw(PingFrame(0, opaque_data=b"12345678").serialize() * 100)
                await asyncio.sleep(0)
        finally:
            gone.set()

    h2.site.pages["/"] = script
    async with Fetcher(h2.settings) as fetcher:
        assert (await fetcher.get("https://shop.example/")).status == 200
        async with asyncio.timeout(20):
            await gone.wait()
