"""GET of one job and of a list of 100, by 16 clients at once."""

from __future__ import annotations

import asyncio
from multiprocessing import get_context

import httpx

from tests.bench.running import Stopwatch, items, machine, milliseconds, post, result, running, until_done

_JOBS = 120
_CLIENTS = 16
_SECONDS = 5.0


async def _load(url: str, key: str, path: str) -> list[float]:
    times: list[float] = []
    watch = Stopwatch()

    async def client() -> None:
        # One connection each: httpx's pool would be what is measured otherwise.
        async with httpx.AsyncClient(base_url=url, headers={"X-API-Key": key}) as http:
            while watch.seconds < _SECONDS:
                one = Stopwatch()
                (await http.get(path)).raise_for_status()
                times.append(one.seconds)

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return times


def _in_own_process(url: str, key: str, path: str) -> list[float]:
    return asyncio.run(_load(url, key, path))


async def measure() -> dict[str, list[float]]:
    """Seconds of each request, by what was asked."""
    async with running() as (_, client):
        for _ in range(_JOBS):
            job = await post(client, items(3))
        await until_done(client, job["id"])
        key = client.headers["X-API-Key"]
        paths = {"job": f"/api/jobs/{job['id']}", "list": "/api/jobs?limit=100"}
        with get_context("spawn").Pool(1) as pool:  # the client must not share a loop with anything
            return {
                name: await asyncio.to_thread(pool.apply, _in_own_process, (str(client.base_url), key, path))
                for name, path in paths.items()
            }


def main() -> None:
    """Print rates and distributions."""
    figures = asyncio.run(measure())
    print(f"{_CLIENTS} clients, {_SECONDS:g} s each, client and server on the same {machine()}")
    for name, times in figures.items():
        print(f"  GET {name}: {len(times) / _SECONDS:.0f} req/s, {milliseconds(times)}")
    result("read_list", len(figures["list"]) / _SECONDS, "req_per_s")
    result("read_job", len(figures["job"]) / _SECONDS, "req_per_s")


if __name__ == "__main__":
    main()
