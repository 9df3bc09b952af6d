"""What a module whose items are the deployment's seed inboxes must do: the kit's promises, with inboxes in place of rows."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import msgspec
import pytest

from tests.conformance.test_modules import assert_error, assert_row
from tests.world.inboxes.mailbox import SPAM, Mail, letter

pytestmark = pytest.mark.usefixtures("inbox_bench")


def item(seed, subject="outsend", domain="example.com", **more):
    asked_at = datetime.now(UTC).isoformat()
    given = {"seed_email": seed, "seed_kind": "gmail", "domain": domain, "subject_filter": subject}
    return given | {"asked_at": asked_at} | more


async def test_a_row_for_each_inbox(inbox_bench):
    inbox_bench.receive("one", Mail(letter("Essai outsend"), category="promotions"))
    inbox_bench.receive("two", Mail(letter("Essai outsend"), folder=SPAM, after=2))
    inbox_bench.run()
    items = [item(inbox_bench.seed(name)) for name in ("one", "two", "three")]
    events = await inbox_bench.outcome(*items)
    for given, event in zip(items, events, strict=True):
        assert event.error is None, event.error
        assert event.label == given["seed_email"] == event.rows[0]["seed_email"]
        assert_row(inbox_bench.spec, given, event.rows[0])
        assert event.report
        assert len(msgspec.json.encode(event)) < 64 * 1024
    assert [event.rows[0]["status"] for event in events] == ["received", "received", "pending"]
    assert [event.rows[0]["placement"] for event in events] == ["Inbox · Promotions", "Spam", None]
    assert [event.found for event in events] == [1, 1, 0]
    assert (events[0].attempts, events[1].attempts) == (1, 3)
    assert not inbox_bench.server.violations
    assert not inbox_bench.server.seen


async def test_missing_and_hostile_input(inbox_bench):
    inbox_bench.run()
    seed = inbox_bench.seed("one")
    items = [
        {},
        {"seed_email": 7},
        item("stranger@gmail.com"),
        item(seed, domain="a b"),
        item(seed, domain="x" * 3000),
        item(seed, domain='example.com" ALL'),
        item(seed, subject="a\r\nA1 LOGOUT"),
        item(seed, subject=["a"]),
        item(seed, asked_at="yesterday"),
    ]
    for given, event in zip(items, await inbox_bench.outcome(*items), strict=True):
        known = {key: given[key] for key in ("seed_email", "seed_kind") if key in given}
        emptied = msgspec.structs.replace(event, rows=[dict.fromkeys(event.rows[0])])
        assert_error(inbox_bench.spec, {}, emptied)
        assert {key: value for key, value in event.rows[0].items() if value is not None} == known
    assert not inbox_bench.server.commands


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("silent", "imap_timeout"),
        ("refuse", "imap_auth"),
        ("busy", "imap_busy"),
        ("drop", "imap_unreachable"),
        ("huge", "imap_protocol"),
    ],
)
async def test_a_server_that_fails_is_its_items_failure(inbox_bench, fault, code):
    inbox_bench.receive("one", Mail(letter("outsend")))
    inbox_bench.server.fault = fault
    inbox_bench.be_impatient()
    inbox_bench.run()
    (event,) = await inbox_bench.outcome(item(inbox_bench.seed("one")))
    assert event.error.code == code
    assert event.attempts > 1
    assert "abcd" not in msgspec.json.encode(event).decode()
    assert event.rows[0]["seed_email"] == inbox_bench.seed("one")
    assert event.rows[0]["status"] is None
    assert fault != "refuse" or inbox_bench.server.opened == 3  # no account is locked by us


async def test_a_server_that_fails_for_a_while(inbox_bench):
    inbox_bench.receive("one", Mail(letter("outsend")))
    inbox_bench.server.fault, inbox_bench.server.faults = "refuse", 2
    inbox_bench.run()
    (event,) = await inbox_bench.outcome(item(inbox_bench.seed("one")))
    assert event.error is None and event.rows[0]["status"] == "received"


async def test_redelivery_gives_the_same_result(inbox_bench):
    inbox_bench.receive("one", Mail(letter("outsend"), age=3))
    inbox_bench.run()
    given = item(inbox_bench.seed("one"))
    first, second = await inbox_bench.outcome(given, job="j_1"), await inbox_bench.outcome(given, job="j_2")
    assert (first[0].rows, first[0].report) == (second[0].rows, second[0].report)


async def test_draining_hangs_up_and_gives_back(inbox_bench):
    inbox_bench.receive("one", Mail(letter("outsend")))
    inbox_bench.server.gate.clear()
    runner = inbox_bench.run()
    await inbox_bench.put(item(inbox_bench.seed("one")), slug=inbox_bench.spec.slug)
    await inbox_bench.server.wait_for(1)
    began = time.monotonic()
    await runner.drain(0.0)
    await inbox_bench.server.wait_until_left()
    assert time.monotonic() - began < inbox_bench.spec.timeout - 2, "it does not wait for the item's own time"
    inbox_bench.server.gate.set()
    inbox_bench.run()
    (event,) = await inbox_bench.results(1)
    assert event.error is None
    await inbox_bench.queue_is_empty()
    assert (await inbox_bench.consumer(inbox_bench.spec.slug)).num_redelivered == 0


async def test_between_two_looks_nothing_is_held_and_a_cancelled_job_is_not_looked_for(inbox_bench):
    runner = inbox_bench.run()
    await inbox_bench.put(item(inbox_bench.seed("one")), slug=inbox_bench.spec.slug)
    await inbox_bench.server.wait_for(2)
    await inbox_bench.server.wait_until_left()
    runner.forget("j_1")
    await inbox_bench.queue_is_empty()
    looks = inbox_bench.server.opened
    async with asyncio.timeout(20):
        while runner._tasks:
            await asyncio.sleep(0.01)
    assert inbox_bench.server.opened <= looks + 1
    assert not await inbox_bench.all_results()


async def test_one_inbox_is_not_stormed(inbox_bench):
    inbox_bench.receive("one", Mail(letter("outsend")))
    inbox_bench.run()
    items = [item(inbox_bench.seed("one"))] * 30
    events = await inbox_bench.outcome(*items)
    assert all(event.error is None for event in events)
    assert inbox_bench.server.most_at_once <= 2
