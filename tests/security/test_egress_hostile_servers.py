"""Servers that try to exhaust us: every fetch ends, within its time and its size."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.net.client import Fetcher, FetchError
from tests.timing import SLACK, assert_loop_free
from tests.unit.net.servers import Seen, page
from tests.unit.net.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.start()
    yield world
    await world.stop()


async def failure(world: World, **changes: object) -> FetchError:
    async with Fetcher(world.but(**changes)) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://shop.example/")
    return caught.value


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1024 * 1024)
    return b"".join([*(packer.compress(zeros) for _ in range(megabytes)), packer.flush()])


async def test_a_gzip_bomb_is_too_large(world: World) -> None:
    world.site.pages["/"] = page(bomb(200), Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert (await failure(world)).code == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024, "it is not unpacked to its end"
    finally:
        tracemalloc.stop()


async def test_a_small_bomb_is_caught_by_its_ratio(world: World) -> None:
    world.site.pages["/"] = page(bomb(4), Content_Encoding="gzip")
    error = await failure(world)
    assert (error.code, error.retryable) == ("too_large", False)
    assert "reason" in error.message


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"<p>x</p>" * 1000, mtime=0)[:-40], "gzip"),
        (b"<p>not gzip</p>", "gzip"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip, gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x8b\x00", "br"),
        (zlib.compress(b"x"), "deflate"),
    ],
)
async def test_encodings_that_cannot_be_bounded_or_decoded(world: World, body: bytes, encoding: str) -> None:
    world.site.pages["/"] = page(body, Content_Encoding=encoding)
    assert (await failure(world)).code == "bad_encoding"


async def test_a_body_announced_too_large_is_not_read(world: World) -> None:
    world.site.pages["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
    assert (await failure(world)).code == "too_large"


async def test_an_endless_body_is_cut(world: World) -> None:
    async def endless(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    world.site.pages["/"] = endless
    assert (await failure(world)).code == "too_large"


async def test_a_dripping_body_ends_with_the_total_time(world: World) -> None:
    async def drip(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    world.site.pages["/"] = drip
    began = time.monotonic()
    error = await failure(world, fetch_timeout=0.5)
    assert (error.code, error.retryable) == ("timeout", True)
    assert 0.4 < time.monotonic() - began < 0.5 + SLACK, "the body alone lasts 20 seconds"


async def test_the_time_counts_over_all_redirects(world: World) -> None:
    async def slow_redirect(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.2)
        writer.write(page(b"", "302 Found", Location=seen.target + "x"))
        return True

    for length in range(10):
        world.site.pages["/" + "x" * length] = slow_redirect
    assert (await failure(world, fetch_timeout=0.5)).code == "timeout"
    assert len(world.site.requests) <= 3


async def test_silence_is_a_timeout(world: World) -> None:
    async def silent(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(30)
        return False

    world.site.pages["/"] = silent
    assert (await failure(world, fetch_timeout=0.3)).code == "timeout"


@pytest.mark.parametrize("line", [b"X-Filler: " + b"y" * 1000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_endless_headers(world: World, line: bytes) -> None:
    async def endless(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\n" if line.startswith(b"X") else b"")
        while True:
            writer.write(line)
            await writer.drain()

    world.site.pages["/"] = endless
    began = time.monotonic()
    assert (await failure(world, fetch_timeout=1.0)).code in ("protocol", "timeout")
    assert time.monotonic() - began < 1.0 + SLACK


async def test_too_many_header_lines(world: World) -> None:
    world.site.pages["/"] = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"Content-Length: 0\r\n\r\n"
    assert (await failure(world)).code == "protocol"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\nProtocol mismatch.\r\n\r\n", "protocol"),
        (b"HTTP/1.1 abc\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "protocol"),
    ],
)
async def test_answers_that_are_not_http(world: World, answer: bytes, code: str) -> None:
    async def say(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer)
        return False

    world.site.pages["/"] = say
    error = await failure(world)
    assert (error.code, error.retryable) == (code, True)


async def test_one_byte_chunks_leave_the_loop_alive(world: World) -> None:
    chunks = b"1\r\nx\r\n" * 200_000

    async def crumbs(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        return True

    world.site.pages["/"] = crumbs

    async def fetch() -> None:
        async with Fetcher(world.settings) as fetcher:
            assert len((await fetcher.get("http://shop.example/")).body) == 200_000

    await assert_loop_free(0.15, fetch)  # 0.01, and 0.3 where nothing yields
