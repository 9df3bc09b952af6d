"""Pages a second through one techstack worker, beside crawlee over the same 300 local hosts in the same run.

    make bench-crawl ARGS="--pages 2000 --rounds 3 --concurrency 200 --long"

Ours is the whole pipeline: items through the durable queue, each page fetched, kept in the page cache, matched against
every technology rule, its report written to the event log. Crawlee fetches, parses, reads title and links and keeps
them in memory. `--long` crawls 20 000 pages and compares the worker's memory after 2 000 of them with that after the
last.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec
import psutil

from deploy.ports import free_port
from deploy.stack import Stack
from tests.bench.crawl_pages import HOSTS, PAGE_BYTES, urls
from tests.bench.peer import ROOT, peer_python
from tests.bench.running import Stopwatch, machine, post, result, running, until_done

_PIPELINE = ("worker", "nats", "dispatcher")
"""Without the API and its views, which a crawler has not either."""
_CLIENTS = ("impit", "httpx")
"""Crawlee's HTTP clients: its default, in Rust, and the one in Python."""
_READS = ("plain", "links")
"""How it reads links: as they stand, or by its own function; see `crawl_crawlee`."""
_PEERS = tuple((client, reads) for reads in _READS for client in _CLIENTS)
_WARM_UP = 300
_LONG, _SETTLED = 20_000, 2_000
_JOB = 9_000
"""Pages of one job at most, below the product's own limit."""


class Run(msgspec.Struct, frozen=True):
    """One crawl: its pages, its wall-clock seconds, and CPU seconds by process."""

    pages: int
    seconds: float
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds

    def per_thousand(self, *names: str) -> float:
        """CPU seconds of these processes for 1 000 pages."""
        return sum(self.cpu[name] for name in names) / self.pages * 1000


class Ours:
    """A running stack and the lists it crawls; no address comes twice, so no page is out of the cache."""

    def __init__(self, stack: Stack, client: httpx.AsyncClient, port: int) -> None:
        self._client = client
        self._port = port
        self._next = 0
        self._processes = {name: psutil.Process(child.pid) for name, child in stack.processes.items()}

    @property
    def memory(self) -> float:
        """Resident megabytes of the worker."""
        return float(self._processes["worker"].memory_info().rss) / 1e6

    async def crawl(self, pages: int) -> Run:
        """One job of so many pages, from POST to `done`."""
        rows = [{"nom": url, "site_web": url} for url in urls(pages, self._port, self._next)]
        self._next += pages
        before = self._cpu()
        watch = Stopwatch()
        job = await until_done(self._client, (await post(self._client, rows, "techstack"))["id"])
        seconds = watch.seconds
        if job["error_count"] or job["results_count"] != pages:
            raise RuntimeError(f"{job['error_count']} pages failed, {job['results_count']} of {pages} show something")
        return Run(pages, seconds, {name: used - before[name] for name, used in self._cpu().items()})

    def _cpu(self) -> dict[str, float]:
        times = {name: process.cpu_times() for name, process in self._processes.items()}
        return {name: used.user + used.system for name, used in times.items()}


@contextlib.contextmanager
def hosts() -> Iterator[int]:
    """The server of all hosts, as a process of its own; gives its port."""
    port = free_port()
    argv = [sys.executable, "-m", "tests.bench.crawl_server", str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            if not server.stdout.readline():
                raise RuntimeError("the server of the pages did not start")
            yield port
        finally:
            server.terminate()


@contextlib.asynccontextmanager
async def ours(port: int, concurrency: int) -> AsyncIterator[Ours]:
    """The product, as impolite as crawlee is: no delay between two requests to a host, no robots.txt."""
    async with running(
        egress_allow=["127.0.0.0/8"],
        egress_ports=[port],
        robots=False,
        host_delay=0.0,
        techstack_gtm=False,
        worker_concurrency=concurrency,
    ) as (stack, client):
        yield Ours(stack, client, port)


def crawlee(peer: tuple[str, str], pages: int, concurrency: int, port: int) -> Run:
    """One run of crawlee, in its own process and environment."""
    with TemporaryDirectory(prefix="crawlee-") as name:
        folder = Path(name)
        warm_up, wanted = folder / "warm-up.txt", folder / "urls.txt"
        warm_up.write_text("\n".join(urls(_WARM_UP, port)))
        wanted.write_text("\n".join(urls(pages, port, _WARM_UP)))
        script = Path(__file__).with_name("crawl_crawlee.py")
        argv: list[str | Path] = [peer_python("crawlee"), script, *peer, str(concurrency), warm_up, wanted]
        answer = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE, cwd=folder).stdout)
    if answer["pages"] != pages:
        raise RuntimeError(f"crawlee had {answer['pages']} of {pages} pages")
    return Run(pages, answer["seconds"], {"crawlee": answer["cpu"]})


async def compare(
    mine: Ours, options: argparse.Namespace, port: int
) -> tuple[list[Run], dict[tuple[str, str], list[Run]]]:
    """Our runs and those of each peer, in turns."""
    await mine.crawl(_WARM_UP)
    runs: list[Run] = []
    theirs: dict[tuple[str, str], list[Run]] = {peer: [] for peer in _PEERS}
    for _ in range(options.rounds):
        runs.append(await mine.crawl(options.pages))
        _row("outsend", runs[-1], _PIPELINE)
        for peer in _PEERS:
            run = await asyncio.to_thread(crawlee, peer, options.pages, options.concurrency, port)
            theirs[peer].append(run)
            _row(f"crawlee, {', '.join(peer)}", run, ("crawlee",))
    return runs, theirs


async def growth(mine: Ours) -> float:
    """Megabytes the worker grows by between the 2 000th and the 20 000th page."""
    await mine.crawl(_SETTLED)
    settled = mine.memory
    done = _SETTLED
    while done < _LONG:
        run = await mine.crawl(min(_JOB, _LONG - done))
        done += run.pages
        print(f"  {done} pages: worker {mine.memory:.0f} MB (after {_SETTLED}: {settled:.0f} MB)", flush=True)
    return mine.memory - settled


def _row(name: str, run: Run, counted: tuple[str, ...]) -> None:
    used = f"{run.per_thousand(*counted):5.2f} CPU s / 1 000 pages"
    parts = ", ".join(f"{part} {run.per_thousand(part):.2f}" for part in run.cpu) if len(run.cpu) > 1 else ""
    print(f"  {name:<22}{run.rate:>7.0f} pages/s {used}{f'  ({parts})' if parts else ''}", flush=True)


def _best(runs: list[Run]) -> Run:
    """A busy moment of the machine shall count for neither side."""
    return max(runs, key=lambda run: run.rate)


async def measure(options: argparse.Namespace) -> None:
    """Print the table and the results."""
    with hosts() as port:
        async with ours(port, options.concurrency) as mine:
            runs, theirs = await compare(mine, options, port)
            grown = await growth(mine) if options.long else None
    our_run = _best(runs)
    best = {peer: _best(runs) for peer, runs in theirs.items()}
    print(f"best: outsend {our_run.rate:.0f} pages/s")
    for (client, reads), run in best.items():
        print(f"      crawlee {run.rate:.0f} pages/s ({client}, {reads})")
    if grown is not None:
        result("crawl_memory_growth", grown, "MB")
    result("crawl", our_run.rate, "pages_per_s")
    result("crawl_worker_cpu", our_run.per_thousand("worker"), "s_per_1000_pages")
    result("crawl_pipeline_cpu", our_run.per_thousand(*_PIPELINE), "s_per_1000_pages")
    for (client, reads), run in best.items():
        result(f"crawlee_cpu_{client}_{reads}", run.per_thousand("crawlee"), "s_per_1000_pages")
        result(f"crawl_vs_crawlee_{client}_{reads}", our_run.rate / run.rate, "ratio")
    fastest = max(best.values(), key=lambda run: run.rate)
    result("crawl_vs_crawlee", our_run.rate / fastest.rate, "ratio")


def main() -> None:
    """Read the options and measure."""
    options = argparse.ArgumentParser(description="Pages a second, beside crawlee")
    options.add_argument("--pages", type=int, default=2000, help="of each run")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--concurrency", type=int, default=200)
    options.add_argument("--long", action="store_true", help="also the worker's memory over 20 000 pages")
    chosen = options.parse_args()
    kilobytes = PAGE_BYTES // 1000
    print(f"{HOSTS} hosts, pages of {kilobytes} kB, {chosen.concurrency} at once; {machine()}", flush=True)
    asyncio.run(measure(chosen))


if __name__ == "__main__":
    main()
