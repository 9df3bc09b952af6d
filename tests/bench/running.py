"""What the benchmarks share: a stack of real servers with the no-op module, an account, and a client for it."""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from httpx_sse import aconnect_sse

from deploy.stack import Layout, Stack
from services.cli.users import create_user
from shared.settings import Settings

MODULES = Path(__file__).parents[1] / "modules"
_NO_LIMIT = 1_000_000


@asynccontextmanager
async def running(
    *, layout: Layout = "embedded", replicas: Mapping[str, int] | None = None, **settings: Any
) -> AsyncIterator[tuple[Stack, httpx.AsyncClient]]:
    """A fresh stack and a client with an API key; its `sync_interval` is `always`, as everywhere."""
    with TemporaryDirectory(prefix="outsend-bench-") as folder:
        wanted = Settings(
            data_dir=Path(folder),
            module_folders=[MODULES],
            job_creations_per_minute=_NO_LIMIT,
            **({"log_level": "warning"} | settings),
        )
        async with Stack(wanted, layout=layout, replicas=replicas) as stack:
            key = await create_user(stack.settings, "bench@example.com", "bench-password-1", api_key=True)
            async with httpx.AsyncClient(
                base_url=stack.url, headers={"X-API-Key": key}, timeout=120, limits=httpx.Limits(max_connections=200)
            ) as client:
                yield stack, client


def items(count: int) -> list[dict[str, str]]:
    """Small rows, as a list of leads has them."""
    return [
        {"nom": f"Entreprise {number}", "site_web": f"https://entreprise-{number}.test", "ville": "Valmont-sur-Loire"}
        for number in range(count)
    ]


async def post(
    client: httpx.AsyncClient, rows: Sequence[dict[str, str]], module: str = "noop", **options: Any
) -> dict[str, Any]:
    """Create a job, with these options of its module."""
    answer = await client.post(f"/api/jobs/{module}", json={"items": rows, **options})
    answer.raise_for_status()
    job: dict[str, Any] = answer.json()
    return job


async def until_done(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    """Follow the job's stream to its `done`, then read the job."""
    async with aconnect_sse(client, "GET", f"/api/jobs/{job}/stream?since={2**62}", timeout=300) as events:
        async for event in events.aiter_sse():
            if event.event == "done":
                break
    answer = await client.get(f"/api/jobs/{job}")
    answer.raise_for_status()
    public: dict[str, Any] = answer.json()
    if public["status"] != "done":
        raise RuntimeError(f"job {job} ended as {public['status']}")
    return public


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def milliseconds(values: Sequence[float]) -> str:
    """p50, p99 and the largest, for a table."""
    p50, p99 = statistics.median(values) * 1000, percentile(values, 0.99) * 1000
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {max(values) * 1000:.1f} ms"


def machine() -> str:
    """What the figures were measured on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def result(name: str, value: float, unit: str) -> None:
    """The last line of a benchmark."""
    print(f"RESULT {name} {value:.4g} {unit}", flush=True)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()

    @property
    def seconds(self) -> float:
        """So far."""
        return time.perf_counter() - self._begun
