"""How a module runs, against a real broker: slots, time limits, retries, heartbeats, acks."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest
from nats.js.errors import KeyNotFoundError

from contracts import subjects
from contracts.items import WorkerPresence
from shared.job import fold
from shared.messaging.cancelling import cancel
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from shared.messaging.queue import Delivery
from shared.messaging.streams import declare_log
from shared.modulekit.clock import waiting_in_line
from shared.modulekit.errors import Permanent, Retryable
from shared.modulekit.module import ATTEMPT, Result
from shared.modulekit.runner import ModuleRunner
from tests.integration.modulekit.workshop import Workshop
from tests.timing import SLACK
from tests.unit.job.given import envelope, requested


def rows(count):
    return [{"site_web": f"{number}.example", "n": number} for number in range(count)]


async def well(item, context):
    return Result(columns={"cms": "wix"})


class Gate:
    """A module whose items wait until they are let go, and that knows how many are inside."""

    def __init__(self, holds=lambda n: True):
        self.holds = holds
        self.open = asyncio.Event()
        self.inside = self.peak = self.calls = 0
        self.entered = asyncio.Condition()

    async def __call__(self, item, context):
        self.calls += 1
        self.inside += 1
        self.peak = max(self.peak, self.inside)
        async with self.entered:
            self.entered.notify_all()
        try:
            if self.holds(item.item["n"]):
                await self.open.wait()
            return Result(columns={"cms": "wix"})
        finally:
            self.inside -= 1

    async def until_inside(self, count):
        async with self.entered, asyncio.timeout(30):
            await self.entered.wait_for(lambda: self.inside >= count)


async def test_no_more_items_run_at_once_than_there_are_slots(workshop):
    gate = Gate()
    workshop.runner(gate, concurrency=4)
    await workshop.put(*rows(40))
    await gate.until_inside(4)
    gate.open.set()
    assert sorted(event.index for event in await workshop.results(40)) == list(range(40))
    assert gate.peak == 4
    await workshop.queue_is_empty()


async def test_slow_items_hold_nobody_up(workshop):
    """Two in a hundred never end while the test looks; all others are done meanwhile."""
    gate = Gate(holds=lambda n: n % 50 == 0)
    workshop.runner(gate, concurrency=10)
    await workshop.put(*rows(200))
    quick = await workshop.results(196)
    assert {event.index for event in quick} == {n for n in range(200) if n % 50}
    gate.open.set()
    assert len(await workshop.results(200)) == 200


async def test_an_item_longer_than_the_ack_wait_is_not_delivered_again(workshop, client, settings, short_ack_wait):
    gate = Gate()
    await workshop.js.delete_consumer(subjects.QUEUE_STREAM, subjects.durable("probe"))
    await workshop.add_consumer()
    workshop.runner(gate)
    await workshop.put(*rows(1))
    await gate.until_inside(1)
    await asyncio.sleep(1.5 * short_ack_wait)
    gate.open.set()
    await workshop.queue_is_empty()
    info = await workshop.consumer()
    assert (gate.calls, info.delivered.consumer_seq, info.num_redelivered) == (1, 1, 0)


async def test_heartbeats_go_on_while_the_result_waits_for_the_log(workshop, settings, short_ack_wait):
    await workshop.js.delete_consumer(subjects.QUEUE_STREAM, subjects.durable("probe"))
    await workshop.add_consumer()
    await workshop.js.publish("jobs.u_1.j_0.log", b"x" * 40_000)
    await declare_log(workshop.js, msgspec.structs.replace(settings, log_max_bytes=40_100))
    gate = Gate()
    gate.open.set()
    workshop.runner(gate)
    await workshop.put(*rows(1))
    await gate.until_inside(0)
    await asyncio.sleep(1.5 * short_ack_wait)
    assert await workshop.log.last("jobs.*.j_1.results") is None
    await workshop.log.purge("jobs.u_1.j_0.log")
    assert len(await workshop.results(1)) == 1
    await workshop.queue_is_empty()
    info = await workshop.consumer()
    assert (gate.calls, info.delivered.consumer_seq) == (1, 1)


async def hang(item, context):
    await asyncio.Event().wait()


async def swallow(item, context):
    for _ in range(6):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("slow", [hang, swallow])
async def test_an_attempt_that_takes_too_long_ends_and_its_slot_is_free(workshop, slow):
    async def process(item, context):
        return await (slow if item.index == 0 else well)(item, context)

    workshop.runner(process, concurrency=1, timeout=0.3)
    await workshop.put(*rows(3))
    first, *others = await workshop.results(3)
    assert (first.index, first.error.code, first.rows[0]["cms"]) == (0, "timeout", None)
    assert [event.error for event in others] == [None, None]


async def test_a_wait_in_line_costs_an_attempt_no_time(workshop):
    line = asyncio.Semaphore(1)

    async def process(item, context):
        with waiting_in_line():
            await line.acquire()
        try:
            await asyncio.sleep(0.5)
        finally:
            line.release()
        return Result(columns={"cms": "wordpress"})

    workshop.runner(process, concurrency=8, timeout=1.5)
    await workshop.put(*rows(8))  # the last one waits for twice its time
    assert [event.error for event in await workshop.results(8)] == [None] * 8


async def test_an_attempt_that_takes_too_long_after_its_wait_ends_too(workshop):
    async def process(item, context):
        with waiting_in_line():
            await asyncio.sleep(1)
        await asyncio.sleep(60)

    workshop.runner(process, timeout=0.6)
    await workshop.put(*rows(1))
    (event,) = await workshop.results(1)
    assert event.error.code == "timeout"
    assert event.duration_ms >= 1500


async def test_a_retry_holds_no_slot_and_counts_its_attempts(workshop):
    async def process(item, context):
        if item.index == 0 and ATTEMPT.get() < 3:
            raise Retryable("busy", retry_after=1.0)  # the others are done before
        return Result(columns={"cms": f"attempt {ATTEMPT.get()}"})

    workshop.runner(process, concurrency=1, attempts=3)
    await workshop.put(*rows(6))
    results = await workshop.results(6)
    assert [event.index for event in results] == [1, 2, 3, 4, 5, 0]
    assert (results[-1].attempts, results[-1].rows[0]["cms"], results[-1].error) == (3, "attempt 3", None)


async def _retryable(item, context):
    raise Retryable("http_5xx", "503", retry_after=0.01)


async def _permanent(item, context):
    raise Permanent("dns", "no address")


async def _bug(item, context):
    raise RuntimeError("secret path /home")


async def _cancelled(item, context):
    raise asyncio.CancelledError


async def _not_json(item, context):
    return Result(columns={"cms": object()})


@pytest.mark.parametrize(
    ("process", "code", "attempts"),
    [
        (_retryable, "http_5xx", 3),
        (_permanent, "dns", 1),
        (_bug, "module_error", 1),
        (_cancelled, "module_error", 1),
        (_not_json, "module_error", 1),
    ],
)
async def test_an_item_that_cannot_be_done_ends_as_an_error(workshop, process, code, attempts):
    workshop.runner(process, attempts=3)
    await workshop.put(*rows(1))
    (event,) = await workshop.results(1)
    assert (event.error.code, event.attempts, event.found) == (code, attempts, 0)
    assert event.rows == [{**rows(1)[0], "cms": None, "note": None, "pixels": None}]
    assert "secret" not in event.error.message
    await workshop.queue_is_empty()


async def test_results_are_gathered_into_messages_of_at_most_64(workshop):
    workshop.runner(well, concurrency=200)
    await workshop.put(*rows(1000))
    messages = await workshop.messages(1000)
    assert sorted(event.index for message in messages for event in message) == list(range(1000))
    assert max(map(len, messages)) <= 64
    assert len(messages) < 250


async def test_a_lone_result_leaves_at_once(workshop):
    loop = asyncio.get_running_loop()
    workshop.runner(well)
    await workshop.put(*rows(1))
    await workshop.results(1)
    began = loop.time()
    await workshop.put(*rows(1), first=1)
    await workshop.results(2)
    assert loop.time() - began < SLACK, "it does not wait for sixty-three others"


async def test_the_result_is_in_the_log_before_the_item_is_acked(workshop, monkeypatch, short_ack_wait):
    """A crash between the two gives a second result, never a lost one."""
    await workshop.js.delete_consumer(subjects.QUEUE_STREAM, subjects.durable("probe"))
    await workshop.add_consumer()
    logged, crash = [], asyncio.Event()

    async def ack(delivery):
        logged.append(await workshop.log.last("jobs.*.j_1.results"))
        crash.set()
        await asyncio.Event().wait()

    async def give_nothing_back(*_):
        pass

    with monkeypatch.context() as patch:
        patch.setattr(Delivery, "ack", ack)
        patch.setattr(ModuleRunner, "_give_back", give_nothing_back)
        runner = workshop.runner(well)
        await workshop.put(*rows(1))
        await asyncio.wait_for(crash.wait(), 20)
        await cancel([*runner._background, *runner._tasks])
    assert logged[0] is not None
    assert (await workshop.consumer()).num_ack_pending == 1
    workshop.runner(well)
    results = await workshop.results(2)
    assert [event.index for event in results] == [0, 0]
    state = fold([requested(1), *map(envelope, results)])
    assert (state.processed, state.results, state.rows) == (1, 1, 1)
    await workshop.queue_is_empty()


async def test_a_second_delivery_of_a_finished_item_is_acked_and_not_run(workshop):
    gate = Gate()
    gate.open.set()
    workshop.runner(gate)
    await workshop.put(*rows(1))
    await workshop.queue_is_empty()
    await workshop.put(*rows(1))
    await workshop.queue_is_empty()
    assert gate.calls == 1


async def test_a_second_delivery_of_an_item_in_hand_is_acked_with_the_first(workshop):
    gate = Gate()
    workshop.runner(gate)
    await workshop.put(*rows(1))
    await gate.until_inside(1)
    await workshop.put(*rows(1))
    await workshop.put(*rows(2)[1:], first=1)
    await gate.until_inside(2)
    gate.open.set()
    await workshop.queue_is_empty()
    assert (gate.calls, len(await workshop.results(2))) == (2, 2)


async def test_what_is_no_item_is_thrown_away(workshop):
    runner = workshop.runner(well)
    for payload in (b"nonsense", b"\xff", b"{}"):
        await workshop.js.publish("items.probe.j_1", payload)
    await workshop.queue_is_empty()
    assert not runner._held


async def test_items_of_an_ended_job_are_dropped(workshop):
    gate = Gate()
    runner = workshop.runner(gate, concurrency=1)
    await workshop.put(*rows(4))
    await gate.until_inside(1)
    runner.forget("j_1")
    gate.open.set()
    await workshop.put(*rows(3), first=10)
    await workshop.queue_is_empty()
    await workshop.put(*rows(1), job="j_2")
    await workshop.results(1, "j_2")
    assert [event.index for event in await workshop.results(1)] == [0], "only what ran already"
    assert gate.calls == 2


async def test_a_missing_consumer_is_waited_for_without_spinning(empty_workshop):
    workshop = empty_workshop
    workshop.runner(well)
    before = workshop.client.stats["out_msgs"]
    await asyncio.sleep(2.5)
    assert workshop.client.stats["out_msgs"] - before < 10
    await workshop.add_consumer()
    await workshop.put(*rows(2))
    assert len(await workshop.results(2)) == 2


async def test_after_a_restart_of_the_broker_it_takes_items_again(workshop, server, settings):
    gate = Gate()
    workshop.runner(gate)
    await workshop.put(*rows(10))
    await gate.until_inside(4)
    server.restart()
    gate.open.set()
    again = Workshop(await connect(settings, "dispatcher"), settings)
    await again.put(*rows(10))  # the queue is written behind: what was lost is derived anew
    await again.client.close()
    assert {event.index for event in await workshop.results(10)} == set(range(10))


async def test_a_worker_says_what_it_takes_and_when_it_leaves(workshop):
    words = asyncio.Queue()

    async def hear(message):
        await words.put(msgspec.json.decode(message.data, type=WorkerPresence))

    await workshop.client.subscribe(subjects.ALL_PRESENCE, cb=hear)
    runner = workshop.runner(well, concurrency=7)
    async with asyncio.timeout(20):
        assert ((word := await words.get()).job_type, word.concurrency) == ("probe", 7)
        await runner.drain(1)
        assert (await words.get()).concurrency == 0


async def test_draining_finishes_what_runs_and_gives_the_rest_back_unsuspected(workshop):
    gate = Gate()
    await workshop.put(*rows(12))
    runner = workshop.runner(gate, concurrency=2)
    await gate.until_inside(2)
    await received_all_it_asked_for(runner)
    drained = asyncio.create_task(runner.drain(10))
    async with asyncio.timeout(30):
        while len(runner._held) > 2:  # those that wait for a slot are given back first
            await asyncio.sleep(0.01)
    gate.open.set()
    await drained
    assert len(await workshop.results(2)) == 2
    assert gate.calls == 2
    workshop.runner(well)
    assert {event.index for event in await workshop.results(12)} == set(range(12))
    await workshop.queue_is_empty()
    info = await workshop.consumer()
    assert info.num_redelivered == 0
    assert await marks(workshop) == []


async def test_draining_gives_back_what_does_not_end_in_time(workshop):
    runner = workshop.runner(Gate(), concurrency=2)
    await workshop.put(*rows(6))
    await runner._feed._client.flush()
    await runner.drain(0.2)
    workshop.runner(well)
    assert {event.index for event in await workshop.results(6)} == set(range(6))
    await workshop.queue_is_empty()
    assert (await workshop.consumer()).num_redelivered == 0


async def received_all_it_asked_for(runner):
    """What the broker sends at the very moment of the goodbye is lost, and comes again as a suspect."""
    async with asyncio.timeout(30):
        while runner._feed._pull.owed:
            await asyncio.sleep(0.01)
    await runner._feed._client.flush()


async def marks(workshop):
    state = (await workshop.js.stream_info("KV_suspects", subjects_filter=">")).state
    return list(state.subjects or {})


async def test_suspects_run_one_at_a_time_and_hold_nobody_up(workshop, short_ack_wait):
    await workshop.js.delete_consumer(subjects.QUEUE_STREAM, subjects.durable("probe"))
    await workshop.add_consumer()
    await workshop.put(*rows(5))
    dead = await workshop.js.pull_subscribe_bind(subjects.durable("probe"), subjects.QUEUE_STREAM)
    assert len(await dead.fetch(5)) == 5  # and never heard of again
    inside, peak, suspected = 0, 0, []

    async def process(item, context):
        nonlocal inside, peak
        if item.index < 5:
            inside += 1
            peak = max(peak, inside)
            suspected.append(await workshop.suspects.get(f"j_1.{item.index}"))
            await asyncio.sleep(0.05)
            inside -= 1
        return Result()

    await asyncio.sleep(short_ack_wait)
    workshop.runner(process, concurrency=20)
    await workshop.put(*[{"n": n} for n in range(40)], first=5)
    assert {event.index for event in await workshop.results(45)} == set(range(45))
    assert (peak, [entry.value for entry in suspected]) == (1, [b"1"] * 5)
    await workshop.queue_is_empty()
    for index in range(5):
        with pytest.raises(KeyNotFoundError):
            await workshop.suspects.get(f"j_1.{index}")


async def test_an_item_found_marked_twice_is_convicted_without_another_try(workshop, short_ack_wait):
    await workshop.js.delete_consumer(subjects.QUEUE_STREAM, subjects.durable("probe"))
    await workshop.add_consumer()
    await workshop.put(*rows(2))
    dead = await workshop.js.pull_subscribe_bind(subjects.durable("probe"), subjects.QUEUE_STREAM)
    await dead.fetch(2)
    await workshop.suspects.put("j_1.0", b"2")
    await workshop.suspects.put("j_1.1", b"1")
    gate = Gate()
    gate.open.set()
    workshop.runner(gate)
    guilty, innocent = sorted(await workshop.results(2), key=lambda event: event.index)
    assert (guilty.error.code, innocent.error, gate.calls) == ("worker_died", None, 1)


async def test_the_log_source_names_the_module(workshop):
    workshop.runner(well)
    await workshop.put(*rows(1))
    await workshop.results(1)
    last = await EventLog(workshop.client, "x").last("jobs.*.j_1.results")
    assert b'"source":"/outsend/probe"' in last.payload
