"""HTTP/1.1 by hand, so that it can be broken on purpose: a request, an answer, and the bytes of one."""

from __future__ import annotations

import gzip
from http import HTTPStatus

import msgspec

REASONS = {status.value: status.phrase for status in HTTPStatus}
MAX_HEAD = 64 * 1024


class Request(msgspec.Struct, frozen=True):
    """What a client asked. Header names are in lower case, `host` is without its port."""

    scheme: str
    host: str
    method: str
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


class Answer(msgspec.Struct, frozen=True):
    """What the world says. `content_type` empty: the header is not sent."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = {}
    gzipped: bytes | None = None
    """The body compressed, when the maker keeps it; sent to clients that accept gzip."""

    @classmethod
    def compressible(cls, body: bytes, content_type: str, headers: dict[str, str], status: int = 200) -> Answer:
        """An answer that keeps both forms, for pages that are served again and again."""
        return cls(body, status, content_type, headers, gzip.compress(body, 5, mtime=0))


def parse_head(head: bytes, scheme: str) -> Request:
    """The request of a head without its final empty line. Raises ValueError when it is none."""
    start, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = start.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    host = headers.get("host", "")
    host = host if host.startswith("[") else host.partition(":")[0]
    return Request(scheme, host.lower(), method, target, headers)


def encode_head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers, with the empty line."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def encode(answer: Answer, request: Request) -> bytes:
    """The whole answer to this request: gzip when asked, no body for HEAD."""
    body = answer.body
    headers = {"Content-Type": answer.content_type} if answer.content_type else {}
    if answer.gzipped is not None:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = answer.gzipped
            headers["Content-Encoding"] = "gzip"
    headers |= {"Content-Length": str(len(body)), **answer.headers}
    if not request.keep_alive:
        headers["Connection"] = "close"
    return encode_head(answer.status, headers) + (b"" if request.method == "HEAD" else body)


def redirect(location: str, status: int = 301, headers: dict[str, str] | None = None) -> Answer:
    """Off to another address."""
    body = (
        f'<html><head><title>{status} {REASONS[status]}</title></head><body><a href="{location}">ici</a></body></html>'
    )
    return Answer(body.encode(), status, headers={"Location": location, **(headers or {})})
