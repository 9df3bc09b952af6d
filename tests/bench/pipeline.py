"""10 000 no-op items from POST to `done`, beside the same work on Celery + Redis in the same run.

Ours includes what the peer's figure does not: the HTTP request, an event log written through to the disk
(`sync_interval: always`), counters, rows laid out for download.
"""

from __future__ import annotations

import asyncio
import statistics
import sys

from tests.bench.celery_peer import PeerMissing, best_rate
from tests.bench.running import Stopwatch, items, machine, post, result, running, until_done

_ROUNDS = 3


async def our_rate(count: int) -> float:
    """Items per second, the median of three jobs after a warm-up."""
    rates = []
    async with running() as (_, client):
        await until_done(client, (await post(client, items(200)))["id"])
        for _ in range(_ROUNDS):
            watch = Stopwatch()
            job = await post(client, items(count))
            await until_done(client, job["id"])
            rates.append(count / watch.seconds)
            print(f"  outsend:             {rates[-1]:>8.0f} items/s", flush=True)
    return statistics.median(rates)


def main() -> None:
    """Print both rates and their ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{count} no-op items from POST to done; {machine()}")
    ours = asyncio.run(our_rate(count))
    try:
        peer, prefetch = best_rate(items(count))
    except PeerMissing as missing:
        sys.exit(str(missing))
    print(f"outsend {ours:.0f} items/s, celery {peer:.0f} items/s (prefetch {prefetch}, the best of 1, 4, 64)")
    result("pipeline_vs_celery", ours / peer, "ratio")


if __name__ == "__main__":
    main()
