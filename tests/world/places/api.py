"""A small JSON API on loopback that notes what it is asked, complains of what its documentation forbids, and fails on cue."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec


class Request(msgspec.Struct):
    """One request as it arrived; header names in lower case, `at` is the loop's time."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float
    pairs: list[tuple[str, str]] = []
    """The query with every value of a repeated name."""

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class Answer(msgspec.Struct):
    """What the API sends; `cut` leaves out that many bytes of the body it announced, `wait` holds it back."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}
    cut: int = 0
    wait: asyncio.Event | None = None


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **named})


def as_html(text: str, status: int = 200) -> Answer:
    return Answer(f"<html><body>{text}</body></html>".encode(), status, {"Content-Type": "text/html"})


class Violation(Exception):
    """The request breaks the documentation."""


class FakeApi:
    """Subclasses answer; `faults` are played first, one a request; `violations` must stay empty."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.faults: deque[Answer] = deque()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: Request) -> Answer:
        """What a request gets. Raises Violation."""
        raise NotImplementedError

    async def respond(self, request: Request) -> Answer:
        """`answer`, for an API that must look for it first. Raises Violation."""
        return self.answer(request)

    def refuse(self, why: str) -> Answer:
        """How the API says that a request breaks its rules."""
        return as_json({"error": why}, 400)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await _read(reader)
                self.requests.append(request)
                answer = await self._reply(request)
                if answer.wait is not None:
                    await answer.wait.wait()
                writer.write(_bytes(answer))
                await writer.drain()
                if answer.cut:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            writer.close()

    async def _reply(self, request: Request) -> Answer:
        if self.faults:
            return self.faults.popleft()
        try:
            return await self.respond(request)
        except Violation as error:
            self.violations.append(str(error))
            return self.refuse(str(error))


def require(condition: object, why: str) -> None:
    if not condition:
        raise Violation(why)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    at = asyncio.get_running_loop().time()
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return Request(method, parts.path, query, headers, body, at, pairs)


def _bytes(answer: Answer) -> bytes:
    headers = {"Content-Length": str(len(answer.body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = answer.body[: len(answer.body) - answer.cut]
    return f"HTTP/1.1 {answer.status} Scripted\r\n{lines}\r\n".encode("latin-1") + body
