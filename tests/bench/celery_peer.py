"""Celery + Redis as a team would run them: Debian's redis-server with its append-only file, two prefork workers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from deploy.ports import free_port

PREFETCHES = (1, 4, 64)
_DEADLINE = 180.0


class PeerMissing(Exception):
    """The peer cannot be measured here; the message says what to install."""


@contextmanager
def redis_server() -> Iterator[str]:
    """A private redis-server; gives its URL."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise PeerMissing("redis-server is not installed: apt-get install redis-server")
    port = free_port()
    with TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [binary, "--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        url = f"redis://127.0.0.1:{port}/0"
        try:
            _wait_for(lambda: _answers(url))
            yield url
        finally:
            server.terminate()
            server.wait(10)


@contextmanager
def celery_worker(url: str, prefetch: int) -> Iterator[None]:
    """Two prefork processes, ready to work."""
    environment = os.environ | {"BENCH_REDIS_URL": url, "BENCH_PREFETCH": str(prefetch)}
    command = [sys.executable, "-m", "celery", "-A", "tests.bench.celery_app", "worker", "-c", "2", "-P", "prefork"]
    worker = subprocess.Popen(
        [*command, "--loglevel", "ERROR", "--without-gossip", "--without-mingle"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def drain(url: str, items: list[dict[str, str]]) -> float:
    """Seconds from the first item sent to the last one done."""
    from tests.bench.celery_app import app, noop

    app.conf.broker_url = url
    counter = redis.Redis.from_url(url)
    job = f"job-{time.monotonic_ns()}"
    begun = time.perf_counter()
    with app.producer_or_acquire() as producer:
        for index, item in enumerate(items):
            noop.apply_async((job, index, item), producer=producer)
    _wait_for(lambda: int(counter.get(job) or 0) >= len(items))
    return time.perf_counter() - begun


def best_rate(items: list[dict[str, str]]) -> tuple[float, int]:
    """Items per second of the best prefetch, and that prefetch."""
    rates: dict[int, float] = {}
    with redis_server() as url:
        os.environ["BENCH_REDIS_URL"] = url
        for prefetch in PREFETCHES:
            with celery_worker(url, prefetch):
                drain(url, items[:50])  # the workers are up and warm
                rates[prefetch] = len(items) / drain(url, items)
                print(f"  celery, prefetch {prefetch:>2}: {rates[prefetch]:>8.0f} items/s", flush=True)
    best = max(rates, key=lambda prefetch: rates[prefetch])
    return rates[best], best


def _answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url).ping())
    except redis.ConnectionError:
        return False


def _wait_for(condition: object) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError("the peer did not finish in time")
        time.sleep(0.01)
