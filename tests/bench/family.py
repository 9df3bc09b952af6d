"""Nine modules that read sites, one by one and all at once over the same sites: what the second reader of a page costs.

    make bench-family ARGS="--sites 200 --workers 1"

Each alone begins with sites that nobody has asked before; then all nine as nine jobs posted together; `--techstack`
makes them ten. The world counts what it was asked. Manners are the product's own: half a second between two pages of a
host, robots.txt read.
Pages are 30 kB from a local server, which answers at once. The last line is `RESULT family_vs_slowest <ratio> ratio`:
the time of all at once over that of the slowest alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec
import psutil

from deploy.stack import Stack
from shared.settings import Settings
from tests.bench.running import Stopwatch, machine, post, result, running, until_done
from tests.live import live_world
from tests.world.bulk import bulk_items
from tests.world.census import Census, asked, census

FAMILY = (
    "emails",
    "socials",
    "phones_extra",
    "legal_ids",
    "legal_mentions",
    "pricing",
    "ads_intelligence",
    "dead_check",
    "brand_assets",
)
_WARM_UP = 10


class Run(msgspec.Struct, frozen=True):
    """One or several jobs over the same sites: seconds from the first POST to the last `done`."""

    seconds: float
    cpu: float
    """Of the workers and their children."""
    census: Census

    def line(self, name: str) -> str:
        return f"{name:<20}{self.seconds:>8.1f}{self.cpu:>8.1f}{self.census.line()}"


class Reading:
    """A running stack, and sites that nobody has asked before."""

    def __init__(
        self,
        stack: Stack,
        client: httpx.AsyncClient,
        world: Mapping[str, Any],
        modules: tuple[str, ...],
        sites: int,
        options: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._client = client
        self._world = world
        self._modules = modules
        self._sites = sites
        self._options = options
        """Of jobs, by module as a path says it."""
        self._next = 1
        self._workers = [
            psutil.Process(child.pid) for name, child in stack.processes.items() if name.startswith("worker")
        ]

    async def warm_up(self) -> None:
        """Rules compiled, libraries imported, imaging processes started."""
        await self._read(self._modules, self._rows(_WARM_UP))

    async def run(self, *modules: str) -> Run:
        """These modules at once over sites of their own."""
        rows = self._rows(self._sites)
        before, watch = self._cpu(), Stopwatch()
        await self._read(modules, rows)
        seconds, cpu = watch.seconds, self._cpu() - before
        hosts = (row["site_web"].split("/")[2] for row in rows)
        return Run(seconds, cpu, census(await asyncio.to_thread(asked, self._world, hosts)))

    def _rows(self, count: int) -> list[dict[str, str]]:
        first, self._next = self._next, self._next + count
        return bulk_items(count, prefix="firm", first=first)

    async def _read(self, modules: tuple[str, ...], rows: list[dict[str, str]]) -> None:
        slugs = (module.replace("_", "-") for module in modules)
        jobs = await asyncio.gather(*(post(self._client, rows, slug, **self._options.get(slug, {})) for slug in slugs))
        ended = await asyncio.gather(*(until_done(self._client, job["id"]) for job in jobs))
        for job in ended:
            if job["error_count"]:
                raise RuntimeError(f"{job['job_type']}: {job['error_count']} of {len(rows)} sites failed")

    def _cpu(self) -> float:
        return sum(_seconds(process) for worker in self._workers for process in (worker, *worker.children()))


def _seconds(process: psutil.Process) -> float:
    """So far; those of a child that has just ended are lost."""
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


async def measure(modules: tuple[str, ...], sites: int, workers: int, *, screenshots: bool = False) -> float:
    """Print the table; the ratio."""
    with TemporaryDirectory(prefix="outsend-family-") as name, live_world(Path(name)) as world:
        lives = Settings.from_env(world["env"])
        names = ("dns_servers", "egress_allow", "egress_ports", "http_port_map", "egress_ca_file")
        async with running(replicas={"worker": workers}, **{one: getattr(lives, one) for one in names}) as (
            stack,
            client,
        ):
            options = {"brand-assets": {"capture_screenshot": True}} if screenshots else {}
            reading = Reading(stack, client, world, modules, sites, options)
            await reading.warm_up()
            print(f"{'':<20}{'seconds':>8}{'CPU s':>8}" + _HEAD)
            alone = {}
            for module in modules:
                alone[module] = await reading.run(module)
                print(alone[module].line(module), flush=True)
            together = await reading.run(*modules)
            print(together.line("all at once"), flush=True)
    slowest = max(alone.values(), key=lambda run: run.seconds)
    print(f"one after the other, each with an empty cache: {sum(run.seconds for run in alone.values()):.1f} s")
    return together.seconds / slowest.seconds


_HEAD = "".join(f"{name:>10}" for name in ("requests", "robots", "pages", "pictures", "others", "again"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1, help="processes, each with all modules")
    parser.add_argument("--techstack", action="store_true", help="a tenth module")
    parser.add_argument("--screenshots", action="store_true", help="brand_assets takes one of each home page")
    options = parser.parse_args()
    modules = (*FAMILY, "techstack") if options.techstack else FAMILY
    print(f"{machine()}; {options.sites} sites, {options.workers} workers; requests a site:")
    ratio = asyncio.run(measure(modules, options.sites, options.workers, screenshots=options.screenshots))
    result("family_vs_slowest", ratio, "ratio")


if __name__ == "__main__":
    main()
