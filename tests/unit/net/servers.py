"""Small real servers on loopback: sites that answer what a test scripts, and a DNS that says what it is told."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address

import msgspec
from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord


class Seen(msgspec.Struct):
    """One request as it arrived: on which connection (counted from 1) and when (monotonic)."""

    target: str
    headers: dict[str, str]
    connection: int
    at: float


Script = Callable[[Seen, asyncio.StreamWriter], Awaitable[bool]]
"""Writes an answer; returns whether the connection stays open."""


def page(body: bytes = b"<html>hello</html>", status: str = "200 OK", **headers: str) -> bytes:
    named = {"Content-Type": "text/html", "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def redirect(location: str, **headers: str) -> bytes:
    return page(b"", "302 Found", Location=location, **headers)


class Site:
    """An HTTP server; `pages` maps `target` or `host/target` to bytes or a Script."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Script] = {}
        self.requests: list[Seen] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, host, port, ssl=tls, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    def targets(self) -> list[str]:
        return [seen.target for seen in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer, number):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        seen = Seen(head[0].split(" ")[1], headers, number, time.monotonic())
        self.requests.append(seen)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            host = headers.get("host", "")
            answer = self.pages.get(host + seen.target) or self.pages.get(seen.target)
            if answer is None:
                answer = page(b"nothing here", "404 Not Found")
            if isinstance(answer, bytes):
                writer.write(answer)
                return True
            return await answer(seen, writer)
        finally:
            self.open -= 1


class Dns(asyncio.DatagramProtocol):
    """Answers A and AAAA. `records[name]` is a list of answers, given in turn, the last one for ever."""

    def __init__(self) -> None:
        self.records: dict[str, list[list[str]]] = {}
        self.failing: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.address = ""
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._transport = transport
        self.address = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"

    def stop(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = DNSRecord.parse(data)
        name, kind = str(query.q.qname).rstrip("."), QTYPE[query.q.qtype]
        reply = query.reply()
        if name in self.failing:
            reply.header.rcode = RCODE.SERVFAIL
        elif name not in self.records:
            reply.header.rcode = RCODE.NXDOMAIN
        else:
            for ip in self._turn(name, kind):
                if kind == "A" and ":" not in ip:
                    reply.add_answer(RR(name, QTYPE.A, rdata=A(ip)))
                if kind == "AAAA" and ":" in ip:
                    reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA(tuple(IPv6Address(ip).packed))))
        assert self._transport is not None
        self._transport.sendto(reply.pack(), addr)

    def _turn(self, name: str, kind: str) -> list[str]:
        number = self.asked[f"{name} {kind}"]
        self.asked[f"{name} {kind}"] += 1
        answers = self.records[name]
        return answers[min(number, len(answers) - 1)]
