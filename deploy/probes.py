"""How the stack sees that a process is ready: None, or the sentence that says why not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from deploy.ports import HOST

Probe = Callable[[], Awaitable[str | None]]

_PATIENCE = 3.0


def listening(port: int, greeting: bytes = b"") -> Probe:
    """Ready when the port accepts, and begins to speak as it should."""

    async def probe() -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection(HOST, port)
                said = await reader.readexactly(len(greeting))
                writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return f"nobody answers on port {port}"
        return None if said == greeting else f"another program answers on port {port}"

    return probe


def answers_ready(port: int) -> Probe:
    """Ready when /readyz says so."""

    async def probe() -> str | None:
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
                answer = await client.get(f"http://{HOST}:{port}/readyz")
        except httpx.HTTPError:
            return f"nobody answers on port {port}"
        return None if answer.status_code == 200 else f"/readyz says {answer.text}"

    return probe
