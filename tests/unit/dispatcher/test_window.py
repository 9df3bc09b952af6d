"""Windows, turns and who has said that he works: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.items import WorkerPresence
from services.dispatcher import window
from services.dispatcher.active import ActiveJob, ItemKey
from services.dispatcher.window import Presences, job_window, module_window, turns


def job(tenant: str, name: str, out: int = 0) -> ActiveJob:
    made = ActiveJob(tenant, name)
    made.outstanding = set(map(ItemKey, range(out)))
    return made


@pytest.mark.parametrize(
    ("concurrency", "pace", "items"),
    [(1, 0, 2), (50, 0, 100), (50, 99, 100), (50, 5_000, 5_000), (50_000, 0, 20_000), (50, 90_000, 20_000)],
)
def test_a_job_has_what_workers_take_twice_over_or_a_second_finishes(concurrency, pace, items):
    assert job_window(concurrency, pace) == items


@given(st.integers(1, 100_000), st.integers(0, 1_000_000))
def test_a_module_has_room_for_two_jobs_and_stays_below_the_consumers_limit(concurrency, pace):
    assert job_window(concurrency, pace) <= module_window(concurrency, pace) < 50_000
    assert module_window(concurrency, pace) == min(2 * job_window(concurrency, pace), 20_000)


def test_one_job_of_each_tenant_then_the_next_of_each():
    jobs = [job("a", "a1"), job("a", "a2"), job("a", "a3"), job("b", "b1"), job("c", "c1"), job("c", "c2")]
    assert [one.id for one in turns(jobs)] == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_a_new_job_comes_before_its_tenants_busy_one():
    assert [one.id for one in turns([job("a", "big", 900), job("a", "new")])] == ["new", "big"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), max_size=30))
def test_everybody_has_one_turn_and_no_tenant_two_before_another_has_one(given_jobs):
    jobs = [job(tenant, f"{tenant}{number}", out) for number, (tenant, out) in enumerate(given_jobs)]
    order = list(turns(jobs))
    assert sorted(one.id for one in order) == sorted(one.id for one in jobs)
    counts = {tenant: sum(one.tenant == tenant for one in jobs) for tenant in "abcd"}
    for position in range(len(order)):
        had = {tenant: sum(one.tenant == tenant for one in order[: position + 1]) for tenant in counts}
        for tenant, turn in had.items():
            for other, others in had.items():
                assert turn <= others + 1 or others == counts[other], f"{tenant} had {turn} turns, {other} {others}"


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

    monkeypatch.setattr(window.time, "monotonic", lambda: Clock.now)
    return Clock


def said(worker, concurrency, job_type="techstack"):
    return WorkerPresence(worker=worker, job_type=job_type, concurrency=concurrency)


def test_workers_add_up_by_module(clock):
    presences = Presences()
    for word in (said("1", 10), said("2", 5), said("1", 3, "emails"), said("1", 20)):
        presences.hear(word)
    assert (presences.concurrency("techstack"), presences.concurrency("emails")) == (25, 3)
    assert presences.concurrency("scrap") == 0


def test_a_workers_word_is_good_for_six_seconds(clock):
    presences = Presences()
    presences.hear(said("1", 10))
    clock.now += 5.9
    presences.hear(said("2", 1))
    assert presences.concurrency("techstack") == 11
    clock.now += 0.2
    assert presences.concurrency("techstack") == 1


def test_a_worker_that_leaves_counts_no_more(clock):
    presences = Presences()
    presences.hear(said("1", 10))
    presences.hear(said("1", 0))
    assert presences.concurrency("techstack") == 0
