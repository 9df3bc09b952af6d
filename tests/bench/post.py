"""POST of 10 000 items over HTTP: how long until the job is in the log and answered."""

from __future__ import annotations

import asyncio
import statistics
import sys

from tests.bench.running import Stopwatch, items, machine, milliseconds, post, result, running, until_done


async def measure(count: int, rounds: int) -> list[float]:
    """Seconds of each POST. Each job is let finish before the next, so that the POST alone is measured."""
    times = []
    async with running() as (_, client):
        rows = items(count)
        await until_done(client, (await post(client, rows[:100]))["id"])
        for _ in range(rounds):
            watch = Stopwatch()
            job = await post(client, rows)
            times.append(watch.seconds)
            await until_done(client, job["id"])
    return times


def main() -> None:
    """Print the distribution."""
    count, rounds = (int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), 30
    times = asyncio.run(measure(count, rounds))
    print(f"POST of {count} items, {rounds} times; {machine()}: {milliseconds(times)}")
    result("post_p50", statistics.median(times) * 1000, "ms")


if __name__ == "__main__":
    main()
