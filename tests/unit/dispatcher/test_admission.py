"""Whose turn it is to start: pure."""

from __future__ import annotations

import msgspec

from services.dispatcher.active import ActiveJob
from services.dispatcher.admission import Admission
from shared.job import JobState


def job(name, owner="ann", phase="pending", **state):
    made = ActiveJob(owner, name)
    made.state = JobState(id=name, owner=owner, phase=phase, **state)
    return made


def admission(*jobs, limit=2):
    return Admission({one.id: one for one in jobs}, limit)


def test_the_oldest_goes_first():
    old, new = job("j_1"), job("j_2")
    who = admission(new, old)
    assert who.may_start(old)
    assert not who.may_start(new)


def test_once_it_started_the_next_is_up_within_the_same_round():
    old, new, newest = job("j_1"), job("j_2"), job("j_3")
    who = admission(old, new, newest)
    assert who.may_start(old)
    who.started(old)
    assert who.may_start(new)
    who.started(new)
    assert not who.may_start(newest), "two run"


def test_each_owner_has_a_limit_of_its_own():
    busy = [job("j_1", phase="running"), job("j_2", phase="running")]
    waits, other = job("j_3"), job("j_4", owner="bob")
    who = admission(*busy, waits, other)
    assert not who.may_start(waits)
    assert who.may_start(other)


def test_a_start_that_was_written_counts_before_it_is_seen():
    written, waits = job("j_1"), job("j_2")
    written.awaiting = 7
    who = admission(written, waits, limit=1)
    assert not who.may_start(waits)
    written.sequence = 7
    written.state = msgspec.structs.replace(written.state, phase="done")
    who.count_again()
    assert who.may_start(waits)


def test_who_is_cancelled_or_deleted_lets_the_next_pass():
    leaving = job("j_1", cancel_requested=True), job("j_2", delete_requested=True)
    waits = job("j_3")
    assert admission(*leaving, waits).may_start(waits)
