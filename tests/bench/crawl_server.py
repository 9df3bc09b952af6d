"""The 300 hosts as one process: every host a loopback address of its own, one port, plain HTTP with keep-alive.

Answers lie ready, gzipped as web servers send them, so that the server is no bottleneck.
`python -m tests.bench.crawl_server PORT`; says `ready` on its output.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from typing import cast

import uvloop

from tests.bench.crawl_pages import HOSTS, address, page

_END = b"\r\n\r\n"


def _answer(host: int, *, packed: bool) -> bytes:
    body = gzip.compress(page(host), 6) if packed else page(host)
    head = (
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\nVary: Accept-Encoding\r\n"
        f"Set-Cookie: visit={host}; Path=/\r\nCache-Control: max-age=600\r\nX-Frame-Options: SAMEORIGIN\r\n"
    )
    if packed:
        head += "Content-Encoding: gzip\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """GET requests without bodies, one after another."""

    def __init__(self, plain: dict[str, bytes], packed: dict[str, bytes]) -> None:
        self._plain, self._packed = plain, packed
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._host = str(transport.get_extra_info("sockname")[0])

    def data_received(self, data: bytes) -> None:
        *requests, self._unread = (self._unread + data).split(_END)
        for request in requests:
            answers = self._packed if b"gzip" in request else self._plain
            self._transport.write(answers[self._host])


async def _serve(port: int) -> None:
    plain, packed = ({address(n): _answer(n, packed=packed) for n in range(HOSTS)} for packed in (False, True))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(plain, packed), list(plain), port, backlog=512)
    print("ready", flush=True)
    await server.serve_forever()


uvloop.run(_serve(int(sys.argv[1])))
