"""The ways a site can misbehave once it is reached. Each writes to the connection itself."""

from __future__ import annotations

import asyncio
import struct
import zlib
from functools import lru_cache
from typing import Any

from tests.world.http import Answer, encode_head, redirect
from tests.world.server import Exchange, Misbehaviour

HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = (
    b"<!doctype html><html lang=fr><head><meta charset=utf-8><title>Bienvenue</title></head><body><h1>Bienvenue</h1>"
)
_FILLER = b"<p>" + b"Une page qui n'en finit pas. " * 35 + b"</p>\n"


async def _for_ever() -> None:
    """Until the peer hangs up, which cancels the task."""
    await asyncio.Event().wait()


async def hang(exchange: Exchange, **_: Any) -> None:
    """Accepts the request and never says a word."""
    await _for_ever()


async def drip(exchange: Exchange, *, every: float = 0.2, **_: Any) -> None:
    """A valid head, then one byte now and then, for ever: no read ever waits long, the page never ends."""
    await exchange.send(encode_head(200, HTML | {"Content-Length": "60000"}) + _PAGE)
    while True:
        await exchange.send(b" ")
        await asyncio.sleep(every)


async def delay(exchange: Exchange, *, seconds: float, **_: Any) -> None:
    """A good answer, late."""
    await asyncio.sleep(seconds)
    await exchange.answer(Answer(_PAGE + b"<p>Toutes nos excuses pour l'attente.</p></body></html>"))


async def huge(exchange: Exchange, *, megabytes: int = 64, announced: bool = True, **_: Any) -> None:
    """Far more HTML than anyone should read; the length announced, or chunked without one."""
    size = megabytes * 1024 * 1024
    length = {"Content-Length": str(size)} if announced else {"Transfer-Encoding": "chunked"}
    await exchange.send(encode_head(200, HTML | length))
    block = (_FILLER * 64)[: 64 * 1024].ljust(64 * 1024)
    frame = block if announced else b"%x\r\n%b\r\n" % (len(block), block)
    for _block in range(size // len(block)):
        await exchange.send(frame)
    if not announced:
        await exchange.send(b"0\r\n\r\n")


async def bomb(exchange: Exchange, *, megabytes: int = 512, **_: Any) -> None:
    """A small gzip body that unpacks to hundreds of megabytes of spaces."""
    body = gzip_bomb(megabytes)
    head = HTML | {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    await exchange.send(encode_head(200, head) + body)


@lru_cache(maxsize=2)
def gzip_bomb(megabytes: int) -> bytes:
    """A valid gzip stream: one compressed megabyte that refers to nothing before it, many times over."""
    block = b" " * 1024 * 1024
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(megabytes):
        checksum = zlib.crc32(block, checksum)
    tail = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    size = megabytes * len(block) % 2**32
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + packed * megabytes + tail + struct.pack("<II", checksum, size)


async def truncated_gzip(exchange: Exchange, **_: Any) -> None:
    """A gzip body of the announced length that stops in the middle of its stream."""
    packed = zlib.compress(_PAGE + _FILLER * 200, wbits=31)
    body = packed[: len(packed) // 2]
    head = HTML | {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    await exchange.send(encode_head(200, head) + body)


async def cut_short(exchange: Exchange, **_: Any) -> None:
    """Announces more than it sends, then closes."""
    await exchange.send(encode_head(200, HTML | {"Content-Length": "50000"}) + _PAGE)
    exchange.close()


async def reset(exchange: Exchange, **_: Any) -> None:
    """Cuts the connection instead of answering."""
    exchange.reset()


async def silent_close(exchange: Exchange, **_: Any) -> None:
    """Closes without a byte."""
    exchange.close()


async def garbage(exchange: Exchange, **_: Any) -> None:
    """Speaks something that is not HTTP."""
    await exchange.send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" + bytes(range(128, 256)))
    exchange.close()


async def fat_headers(exchange: Exchange, **_: Any) -> None:
    """A head of a megabyte: cookies out of control."""
    cookies = b"".join(b"Set-Cookie: c%d=%b\r\n" % (n, b"x" * 4000) for n in range(256))
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + cookies + b"Content-Length: 0\r\n\r\n")


async def no_length(exchange: Exchange, **_: Any) -> None:
    """HTTP/1.0: no length, the end of the connection is the end of the page. Valid."""
    await exchange.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE + b"</body></html>")
    exchange.close()


async def to(exchange: Exchange, *, location: str, status: int = 301, **_: Any) -> None:
    """Redirects there."""
    await exchange.answer(redirect(location, status))


async def loop(exchange: Exchange, **_: Any) -> None:
    """Redirects for ever, to an address that is new each time."""
    step = int(exchange.request.query.removeprefix("n=") or 0)
    await exchange.answer(redirect(f"/?n={step + 1}", 302))


async def cookie_wall(exchange: Exchange, **_: Any) -> None:
    """Sends the visitor back to the same page until a cookie comes along."""
    if "visite=1" in exchange.request.headers.get("cookie", ""):
        await exchange.answer(Answer(_PAGE + b"</body></html>"))
    else:
        await exchange.answer(redirect("/", 302, {"Set-Cookie": "visite=1; Path=/"}))


async def flaky(exchange: Exchange, *, failures: int = 1, **_: Any) -> None:
    """503 for the first requests after a reset of the world, then well."""
    if exchange.ordinal <= failures:
        busy = b"<html><body><h1>Service Unavailable</h1></body></html>"
        await exchange.answer(Answer(busy, 503, headers={"Retry-After": "1"}))
    else:
        await exchange.answer(Answer(_PAGE + b"<p>De retour.</p></body></html>"))


async def raw(
    exchange: Exchange, *, status: int = 200, content_type: str = "text/html", body: str = "", **_: Any
) -> None:
    """An answer spelled out in the site's description."""
    await exchange.answer(Answer(body.encode(), status, content_type))


FAULTS: dict[str, Any] = {
    fault.__name__: fault
    for fault in (
        hang, drip, delay, huge, bomb, truncated_gzip, cut_short, reset, silent_close, garbage, fat_headers,
        no_length, to, loop, cookie_wall, flaky, raw,
    )
}  # fmt: skip


def misbehave(name: str, args: dict[str, Any]) -> Misbehaviour:
    """The fault of that name, ready for an exchange. Raises KeyError when there is none."""
    fault = FAULTS[name]

    async def bound(exchange: Exchange) -> None:
        await fault(exchange, **args)

    return bound
