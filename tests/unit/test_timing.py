"""The bounds on time, by a clock that only their work advances."""

import asyncio
import gc

import pytest

from tests import timing
from tests.timing import ROUNDS, assert_linear, assert_loop_free, assert_within, cpu_seconds


class Clock:
    """What the CPU has done, in seconds; `runs` counts the pieces of work."""

    def __init__(self):
        self.seconds = 0.0
        self.runs = 0

    def work(self, seconds):
        self.seconds += seconds
        self.runs += 1


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing.time, "process_time", lambda: clock.seconds)
    return clock


def test_what_is_linear_passes_in_one_round(clock):
    assert_linear(lambda size: clock.work(size / 1e6), small=40_000, times=16, at_most=64)
    assert clock.runs == 3


def test_what_is_quadratic_fails_with_its_figures(clock):
    with pytest.raises(AssertionError, match=r"16 times the size takes 256 times as long, not at most 64: 0\.0160 s"):
        assert_linear(lambda size: clock.work((size / 1e6) ** 2 * 10), small=40_000, times=16, at_most=64)


def test_what_a_round_adds_to_the_least_does_not_count(clock):
    def run(size):
        clock.work(size / 1e6 + (9 if clock.runs in {0, 2} else 0))

    assert_linear(run, small=40_000, times=16, at_most=64)
    assert clock.runs == 6, "the first large run is an outlier, the second round holds"


def test_what_lies_below_the_floor_is_no_measure(clock):
    assert_linear(lambda size: clock.work(1e-5 if size == 10 else 0.2), small=10, times=16, at_most=64)
    with pytest.raises(AssertionError):
        assert_linear(lambda size: clock.work(1e-5 if size == 10 else 0.3), small=10, times=16, at_most=64)


def test_one_slow_call_is_not_the_work(clock):
    assert_within(0.5, lambda: clock.work(3 if clock.runs == 0 else 0.1))
    assert clock.runs == 2
    with pytest.raises(AssertionError, match=r"0\.600 CPU seconds, not at most 0\.5"):
        assert_within(0.5, lambda: clock.work(0.6))
    assert clock.runs == 2 + ROUNDS


async def test_what_keeps_the_loop_fails(clock):
    def turns(seconds):
        async def work():
            for _ in range(3):
                clock.work(seconds)
                await asyncio.sleep(0)

        return work

    await assert_loop_free(0.1, turns(0.01))
    with pytest.raises(AssertionError, match="other tasks wait"):
        await assert_loop_free(0.1, turns(0.2))


async def test_what_fails_while_the_loop_is_watched_is_raised():
    async def work():
        raise LookupError

    with pytest.raises(LookupError):
        await assert_loop_free(1, work)


def test_the_collector_rests_only_meanwhile():
    enabled = []
    assert cpu_seconds(lambda: enabled.append(gc.isenabled())) < 1
    assert enabled == [False]
    with pytest.raises(ZeroDivisionError):
        cpu_seconds(lambda: 1 / 0)
    assert gc.isenabled()


def test_real_work_is_measured():
    assert cpu_seconds(lambda: sum(range(1_000_000))) > 0.001
    with pytest.raises(AssertionError):
        assert_linear(lambda size: [None for _ in range(size) for _ in range(size)], small=400, times=8, at_most=24)
