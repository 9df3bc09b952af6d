"""By how much a 10 000-item job with reports raises each process above what it held after a small job."""

from __future__ import annotations

import asyncio
import sys

import psutil

from deploy.stack import Stack
from tests.bench.running import items, machine, post, result, running, until_done

_SERVERS = ("nats", "mongodb")
"""Reported, but their memory is their own cache's business; the figure is about the product's processes."""


class Peaks:
    """Samples the resident memory of every process of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._processes = {name: psutil.Process(child.pid) for name, child in stack.processes.items()}
        self.peak: dict[str, int] = {}

    def sample(self) -> dict[str, int]:
        """Bytes now; remembers the largest."""
        now = {name: process.memory_info().rss for name, process in self._processes.items()}
        self.peak = {name: max(size, self.peak.get(name, 0)) for name, size in now.items()}
        return now

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(0.05)


async def measure(count: int) -> dict[str, float]:
    """Megabytes of growth, by process."""
    async with running() as (stack, client):
        await until_done(client, (await post(client, items(100)))["id"])
        for form in ("csv", "json", "xlsx"):
            job = await post(client, items(100))
            await until_done(client, job["id"])
            await client.get(f"/api/jobs/{job['id']}/download?format={form}")
        peaks = Peaks(stack)
        before = peaks.sample()
        watching = asyncio.create_task(peaks.watch())
        job = await post(client, items(count))
        await until_done(client, job["id"])
        for form in ("csv", "json", "xlsx"):
            await client.get(f"/api/jobs/{job['id']}/download?format={form}")
        watching.cancel()
        return {name: (peaks.peak[name] - before[name]) / 1e6 for name in before}


def main() -> None:
    """Print each process's growth and the largest of the product's own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    growth = asyncio.run(measure(count))
    print(f"growth of resident memory through a job of {count} items and its three downloads; {machine()}")
    for name, megabytes in growth.items():
        print(f"  {name:<12}{megabytes:>8.1f} MB")
    result("memory_growth", max(mb for name, mb in growth.items() if name not in _SERVERS), "MB")


if __name__ == "__main__":
    main()
