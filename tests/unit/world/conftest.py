from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.world.world import ADDRESS, World


class Visitor:
    """A plain client that reaches a host of the world by its port, with the host's name in SNI and Host."""

    def __init__(self, world: World) -> None:
        self._ports = {"http": world.http_port, "https": world.https_port}
        trust = ssl.create_default_context(cafile=str(world.ca_file))
        self._client = httpx.AsyncClient(verify=trust, trust_env=False, timeout=30)

    async def get(self, host: str, path: str = "/", *, scheme: str = "https", **options: object) -> httpx.Response:
        """One request, no redirect followed."""
        return await self.send("GET", host, path, scheme=scheme, **options)

    async def send(
        self, method: str, host: str, path: str = "/", *, scheme: str = "https", **options: object
    ) -> httpx.Response:
        headers = {"Host": host, **options.pop("headers", {})}  # type: ignore[dict-item]
        url = f"{scheme}://{ADDRESS}:{self._ports[scheme]}{path}"
        extensions = {"sni_hostname": host}
        return await self._client.request(method, url, headers=headers, extensions=extensions, **options)

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World.start() as world:
        yield world


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Visitor]:
    visitor = Visitor(world)
    yield visitor
    await visitor.close()
