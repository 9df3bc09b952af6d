"""What every module must do, whatever it looks for."""

from __future__ import annotations

import time

import msgspec
import pytest

from contracts.manifest import read_key
from tests.timing import SLACK

TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "list": list}


def assert_row(spec, given, row):
    """The input's columns as given, then the produced ones, of the manifest's types."""
    produced = set(spec.columns)
    kept = [key for key in given if key not in produced and (spec.carries is None or key in spec.carries)]
    assert list(row) == [*kept, *spec.columns]
    assert all(row[key] == given[key] for key in kept)
    for column in spec.produced():
        assert row[column.name] is None or isinstance(row[column.name], TYPES[column.type]), column.name


def assert_error(spec, given, event):
    """An error that is the item's, told in a sentence, with empty columns."""
    assert event.error is not None, event
    assert event.error.code not in ("", "module_error"), event.error
    assert event.error.message
    assert event.found == 0
    for row in event.rows:
        assert_row(spec, given, row)
        carried = set(spec.carries or ()) & set(spec.columns)
        assert all(row[name] == read_key(given, name) for name in carried)
        assert not any(row[name] for name in spec.columns if name not in carried)


def assert_failure(spec, given, event, code=""):
    """The item's error, if need be of this code; of a module whose answer it is, a row that says so."""
    if spec.failures_are_answers:
        assert event.error is None, event.error
        assert event.found == 1
        for row in event.rows:
            assert_row(spec, given, row)
    else:
        assert_error(spec, given, event)
        assert code in ("", event.error.code)


def assert_unusable(spec, given, event):
    """The item's error; of a module that keeps such rows, the row as it came."""
    if not spec.keeps_unusable:
        assert_error(spec, given, event)
        return
    assert event.error is None, event.error
    assert event.found == 0
    for row in event.rows:
        assert_row(spec, given, row)
        assert all(row[name] is None for name in spec.columns)


async def test_good_items(bench):
    bench.run()
    events = await bench.outcome(*bench.cases.good)
    for given, event in zip(bench.cases.good, events, strict=True):
        assert event.error is None
        assert event.found >= 1
        read = [read_key(given, key) for key in bench.spec.reads]
        assert event.label == str(next(value for value in read if value is not None))
        for row in event.rows:
            assert_row(bench.spec, given, row)
        assert (event.report is not None) == bench.spec.has_report
        assert len(msgspec.json.encode(event)) < 256 * 1024


async def test_missing_input(bench):
    bench.run()
    for given, event in zip(bench.cases.missing, await bench.outcome(*bench.cases.missing), strict=True):
        assert_unusable(bench.spec, given, event)


async def test_the_other_side_never_answers(bench):
    bench.be_impatient()
    bench.run()
    began = time.monotonic()
    (event,) = await bench.outcome(bench.cases.silent)
    assert_failure(bench.spec, bench.cases.silent, event, "timeout")
    assert time.monotonic() - began < bench.spec.timeout * bench.spec.attempts + SLACK


async def test_poison(bench):
    bench.run()
    for given, event in zip(bench.cases.poison, await bench.outcome(*bench.cases.poison), strict=True):
        assert_failure(bench.spec, given, event)


async def test_huge_pages(bench):
    bench.run()
    for given, event in zip(bench.cases.huge, await bench.outcome(*bench.cases.huge), strict=True):
        assert_failure(bench.spec, given, event, "too_large")


async def test_bad_encodings(bench):
    bench.run()
    for given, event in zip(bench.cases.badly_encoded, await bench.outcome(*bench.cases.badly_encoded), strict=True):
        assert event.error is None, (given, event.error)
        for row in event.rows:
            assert_row(bench.spec, given, row)


async def test_redelivery_gives_the_same_result(bench):
    bench.run()
    first = await bench.outcome(*bench.cases.good, job="j_1")
    second = await bench.outcome(*bench.cases.good, job="j_2")
    assert [event.rows for event in first] == [event.rows for event in second]
    assert [event.found for event in first] == [event.found for event in second]


async def test_items_do_not_mix(bench):
    """Good and bad items at once: each has what it has alone."""
    bench.run()
    alone = await bench.outcome(*bench.cases.good, job="j_1")
    rows = [*bench.cases.poison, *bench.cases.good, *bench.cases.badly_encoded]
    mixed = await bench.outcome(*rows, job="j_2")
    first = len(bench.cases.poison)
    assert [event.rows for event in mixed[first : first + len(alone)]] == [event.rows for event in alone]


async def test_cancellation_ends_an_item_at_once_and_gives_it_back(bench):
    runner = bench.run()
    await bench.put_held()
    began = time.monotonic()
    await runner.drain(0.0)
    assert time.monotonic() - began < bench.spec.timeout - 2, "it does not wait for the item's own time"
    assert not runner._tasks
    bench.release()
    bench.run()
    (event,) = await bench.results(1)
    assert event.error is None
    await bench.queue_is_empty()
    assert (await bench.consumer(bench.spec.slug)).num_redelivered == 0


@pytest.mark.parametrize(
    "value", ["https://" + "x" * 3000, "http://[::1", "\u0000", "https://é" * 50, "http://a b.test/"]
)
async def test_hostile_values(bench, value):
    bench.run()
    given = {bench.spec.reads[0]: value}
    (event,) = await bench.outcome(given)
    (assert_failure if bench.cases.malformed_is_an_answer else assert_unusable)(bench.spec, given, event)
