"""Jobs without end and a fault every minute: `python -m tests.chaos.soak --minutes 60`.

Every job is judged when it ends; the first one that is not as if nothing had happened ends the run with exit code 1.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.chaos.product import LEASE, PROCESSES, running
from tests.chaos.verdict import assert_done, assert_seamless, items_of

_PEOPLE = 3
_PATIENCE = 240
"""Seconds a job may take, faults included."""


async def patiently(call, *given):
    """What the call gives once everything it needs is there again."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                return await call(*given)
            except httpx.HTTPError:
                await asyncio.sleep(0.5)


async def work(product, rng, until, judged):
    """One person's jobs, one after the other, each deleted when it was judged."""
    person = await product.person()
    while time.monotonic() < until:
        items = items_of(rng.randint(1, 300), rng)
        job = await patiently(person.request, items)
        watcher = person.watch(job)
        await watcher.done(within=_PATIENCE)
        assert_seamless(watcher, len(items))
        await patiently(assert_done, person, job, items)
        judged.append(job)
        with contextlib.suppress(httpx.HTTPError):
            await person.delete(job)


async def disturb(product, rng, until, every):
    """A fault now and then, another one each time."""
    faults = {f"{name} is killed": lambda name=name: product.kill(name) for name in PROCESSES}
    faults |= {f"{name} is paused": lambda name=name: product.pause(name, LEASE + 2) for name in PROCESSES}
    faults["mongodb loses everything"] = product.wipe_mongodb
    while time.monotonic() + every < until:
        await asyncio.sleep(every)
        what = rng.choice(list(faults))
        print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)
        await faults[what]()
        await product.whole()


async def soak(minutes, every, seed):
    """The jobs that were judged."""
    until, judged = time.monotonic() + minutes * 60, []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        async with running(Path(folder), replicas={"worker": 2, "dispatcher": 2}) as product:
            chances = [random.Random(f"{seed} {number}") for number in range(_PEOPLE)]
            tasks = [asyncio.create_task(work(product, chance, until, judged)) for chance in chances]
            tasks.append(asyncio.create_task(disturb(product, random.Random(seed), until, every)))
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
    return judged


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between two faults")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    print(f"--seed {given.seed}", flush=True)
    try:
        judged = asyncio.run(soak(given.minutes, given.every, given.seed))
    except (AssertionError, TimeoutError) as failure:
        sys.exit(f"not as if nothing had happened: {failure}")
    print(f"{len(judged)} jobs, each as if nothing had happened")


if __name__ == "__main__":
    main()
