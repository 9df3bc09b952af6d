"""Artefacts as objects of a bucket that speaks the S3 protocol: `<owner>/<sha256>.<extension>`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import httpx
import msgspec
from lxml import etree

from shared.artefacts.names import ArtefactName
from shared.artefacts.signature import Credentials, canonical_query, sign
from shared.artefacts.store import MAX_BYTES, ArtefactsUnavailable
from shared.net.egress import EgressTransport
from shared.net.errors import EgressError
from shared.settings import Settings, SettingsError

_SECONDS = 30.0
"""For one request."""
_AT_ONCE = 16
"""Requests of one process."""


class S3Store:
    """An own bucket, by its address: `https://host/bucket` or `https://bucket.host`.

    Put again, an object is written again: its Last-Modified says when. Uses PutObject, GetObject, DeleteObject and
    ListObjectsV2, whole bodies and signatures of version 4, which every S3-compatible store knows.
    """

    def __init__(self, settings: Settings) -> None:
        url = httpx.URL(settings.artefacts_url)
        if url.scheme not in ("http", "https") or not url.host or url.query:
            raise SettingsError("OUTSEND_ARTEFACTS_URL must be the http(s) address of a bucket, or file:///folder")
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        # The operator's own word: it may be a private host, and a redirect is not followed.
        trusted = [*settings.egress_allow, f"{url.host}:{port}"]
        self._transport = EgressTransport(msgspec.structs.replace(settings, egress_allow=trusted, http_port_map={}))
        self._base = str(url).rstrip("/")
        self._credentials = Credentials(
            settings.artefacts_access_key, settings.artefacts_secret_key, settings.artefacts_region
        )
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def put(self, owner: str, extension: str, data: bytes) -> ArtefactName:
        name = ArtefactName.of(owner, extension, data)
        await self._call("PUT", _key(name), body=data, headers={"content-type": name.media_type})
        return name

    async def get(self, name: ArtefactName) -> bytes | None:
        return await self._call("GET", _key(name), absent_is_none=True)

    async def sweep(self, before: float) -> int:
        removed = 0
        async for key, modified in self._objects():
            if modified < before:
                await self._call("DELETE", key)
                removed += 1
        return removed

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _objects(self) -> AsyncIterator[tuple[str, float]]:
        """Keys of artefacts with the Unix time of their last change."""
        query = {"list-type": "2"}
        while True:
            page = _parse(await self._call("GET", "", query=query) or b"")
            for entry in page.iter("{*}Contents"):
                key, modified = entry.findtext("{*}Key", ""), entry.findtext("{*}LastModified", "")
                if ArtefactName.parse(*_halves(key)) is not None:  # what others keep there is left alone
                    yield key, _unix(modified)
            token = page.findtext("{*}NextContinuationToken")
            if not token or page.findtext("{*}IsTruncated") != "true":
                return
            query["continuation-token"] = token

    async def _call(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        absent_is_none: bool = False,
    ) -> bytes | None:
        url = f"{self._base}/{key}"
        signed = sign(self._credentials, method, url, query=query or {}, body=body, now=datetime.now(UTC))
        address = f"{url}?{canonical_query(query)}" if query else url
        request = httpx.Request(
            method,
            address,
            headers={**signed, **(headers or {})},
            content=body if method == "PUT" else None,
            extensions={"timeout": {"connect": _SECONDS / 2}},
        )
        try:
            async with self._slots, asyncio.timeout(_SECONDS):
                status, answer = await self._send(request)
        except (TimeoutError, EgressError, httpx.TransportError) as error:
            raise ArtefactsUnavailable(f"The artefact bucket cannot be reached: {error or 'no answer'}.") from error
        if 200 <= status < 300:
            return answer
        if status == 404 and absent_is_none:
            return None
        raise ArtefactsUnavailable(f"The artefact bucket answered {status} to {method}{_reason(answer)}.")

    async def _send(self, request: httpx.Request) -> tuple[int, bytes]:
        answer = await self._transport.handle_async_request(request)
        body = bytearray()
        try:
            async for chunk in answer.stream:  # type: ignore[union-attr]
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ArtefactsUnavailable("The artefact bucket answered with more than was ever stored.")
        finally:
            await answer.stream.aclose()  # type: ignore[union-attr]
        return answer.status_code, bytes(body)


def _key(name: ArtefactName) -> str:
    return f"{name.owner}/{name.file_name}"


def _halves(key: str) -> tuple[str, str]:
    owner, _, file_name = key.partition("/")
    return owner, file_name


def _unix(modified: str) -> float:
    try:
        return datetime.fromisoformat(modified).timestamp()
    except ValueError:
        raise ArtefactsUnavailable("The artefact bucket tells no time of its objects.") from None


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise ArtefactsUnavailable("The artefact bucket's list is not XML.") from None


def _reason(body: bytes) -> str:
    """S3's own word for an error, e.g. ` (SignatureDoesNotMatch)`."""
    try:
        code = _parse(body).findtext("{*}Code") or ""
    except ArtefactsUnavailable:
        return ""
    return f" ({code[:64]})" if code else ""
