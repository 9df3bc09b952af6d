"""Bounds on time that a busy machine does not break, and that work which is too slow does.

Seconds are those of the CPU, counted over this process, while the garbage collector rests: neither a neighbour nor the
heap that earlier tests left is measured. Whatever else disturbs a measurement only ever adds to it, so the least of a
few rounds is what counts; a round that holds is the last one, so that a test which passes measures once.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

ROUNDS = 5
"""Times that a bound is tried before it counts as broken."""

NOISE = 0.004
"""CPU seconds below which a measurement says nothing."""

SLACK = 8.0
"""Seconds that a busy machine may add to what sockets and processes do in a moment. A bound that allows for them lies
well below what the same thing takes when it is broken: that is minutes, or for ever."""


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call, without garbage collection."""
    with _collector_off():
        began = time.process_time()
        work()
        return time.process_time() - began


def assert_linear(
    run: Callable[[int], object], *, small: int, times: int, at_most: float, floor: float = NOISE
) -> None:
    """`run(small * times)` takes no more than `at_most` times the CPU seconds of `run(small)`.

    `at_most` stands well above `times`, which is what linear work takes, and well below its square. Fewer seconds than
    `floor` count as `floor`. What is prepared at the first use does not count: `small` is run twice a round.
    """
    __tracebackhide__ = True
    least_small = least_large = float("inf")
    for _ in range(ROUNDS):
        for _ in range(2):
            least_small = min(least_small, cpu_seconds(lambda: run(small)))
        least_large = min(least_large, cpu_seconds(lambda: run(small * times)))
        if least_large <= at_most * max(least_small, floor):
            return
    raise AssertionError(
        f"{times} times the size takes {least_large / least_small:.0f} times as long, not at most {at_most:g}: "
        f"{least_small:.4f} s for {small}, {least_large:.4f} s for {small * times}"
    )


def assert_within(seconds: float, work: Callable[[], object], of: object = "it") -> None:
    """`work()` takes no more than these CPU seconds, at least once. It does the whole work at each call: what remembers
    its input is to be given another. `of` names the work where it fails."""
    __tracebackhide__ = True
    took = []
    for _ in range(ROUNDS):
        took.append(cpu_seconds(work))
        if took[-1] <= seconds:
            return
    raise AssertionError(f"{of} takes {min(took):.3f} CPU seconds, not at most {seconds:g}")


async def assert_loop_free(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """While `work()` goes on, other tasks get their turn after no more than these CPU seconds, at least once.

    CPU seconds of the whole process: a thread that keeps the interpreter to itself is seen too.
    """
    __tracebackhide__ = True
    waits = []
    for _ in range(ROUNDS):
        waits.append(await _longest_wait(work))
        if waits[-1] <= seconds:
            return
    raise AssertionError(f"other tasks wait for {min(waits):.3f} CPU seconds, not at most {seconds:g}")


async def _longest_wait(work: Callable[[], Awaitable[object]]) -> float:
    longest = 0.0
    with _collector_off():
        task = asyncio.ensure_future(work())
        while not task.done():
            before = time.process_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.process_time() - before)
    await task
    return longest


@contextmanager
def _collector_off() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
