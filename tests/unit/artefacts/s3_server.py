"""A bucket on loopback that speaks S3 and checks every signature, from AWS's description and not from our signer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote

KEY, SECRET, REGION = "AKIAEXAMPLE", "s3cr3t/With+Signs", "eu-west-3"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


class S3Server:
    """`objects`: key → (bytes, content type, modified). `refusal`: a status that every request is answered with."""

    def __init__(self, bucket: str = "pictures", page: int = 1000) -> None:
        self.bucket = bucket
        self.objects: dict[str, tuple[bytes, str, datetime]] = {}
        self.refusal = 0
        self.requests: list[str] = []
        self._page = page
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/{self.bucket}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:] if one)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, target, _ = head[0].split(" ")
                self.requests.append(f"{method} {target}")
                status, kind, answer = self._answer(method, target, headers, body)
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
                    + (b"" if status == 204 else answer)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if self.refusal:
            return _error(self.refusal, "SlowDown")
        if not _is_signed(method, target, headers, body):
            return _error(403, "SignatureDoesNotMatch")
        path, _, query = target.partition("?")
        _, bucket, key = unquote(path).split("/", 2)
        if bucket != self.bucket:
            return _error(404, "NoSuchBucket")
        if not key:
            return self._listing(dict(parse_qsl(query, keep_blank_values=True)))
        if method == "PUT":
            self.objects[key] = (body, headers["content-type"], datetime.now(UTC))
            return 200, "text/plain", b""
        if method == "DELETE":
            self.objects.pop(key, None)
            return 204, "text/plain", b""
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        data, kind, _ = self.objects[key]
        return 200, kind, data

    def _listing(self, query: dict[str, str]) -> tuple[int, str, bytes]:
        assert query["list-type"] == "2"
        keys = sorted(key for key in self.objects if key > query.get("continuation-token", ""))
        shown, more = keys[: self._page], len(keys) > self._page
        entries = "".join(
            f"<Contents><Key>{key}</Key><LastModified>{self.objects[key][2].strftime('%Y-%m-%dT%H:%M:%S.000Z')}</LastModified></Contents>"
            for key in shown
        )
        token = f"<NextContinuationToken>{shown[-1]}</NextContinuationToken>" if more else ""
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
        )
        return 200, "application/xml", xml.encode()


def _error(status: int, code: str) -> tuple[int, str, bytes]:
    return status, "application/xml", f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()


def _is_signed(method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
    stated = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    moment = headers.get("x-amz-date", "")
    if stated is None or stated[1] != KEY or stated[3] != REGION or moment[:8] != stated[2]:
        return False
    age = datetime.now(UTC) - datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    names = stated[4].split(";")
    if abs(age.total_seconds()) > 900 or names != sorted(names) or "host" not in names:
        return False
    payload = hashlib.sha256(body).hexdigest()
    if headers["x-amz-content-sha256"] != payload:
        return False
    path, _, query = target.partition("?")
    pairs = sorted((quote(a, safe=""), quote(b, safe="")) for a, b in parse_qsl(query, keep_blank_values=True))
    canonical = f"{method}\n{quote(unquote(path), safe='/')}\n" + "&".join(f"{a}={b}" for a, b in pairs) + "\n"
    canonical += "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names) + f"\n{stated[4]}\n{payload}"
    scope = f"{stated[2]}/{REGION}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + SECRET).encode()
    for part in (stated[2], REGION, "s3", "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(key.hex(), stated[5])
