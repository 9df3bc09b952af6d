"""An ordered read: nothing twice, nothing left out, whatever happens to server, consumer and connection."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import pytest
from nats.aio.msg import Msg

from shared.messaging.cancelling import cancel
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from shared.messaging.tail import Tail

SUBJECT = "jobs.u_1.j_1.log"


async def write(log, first, last):
    js = log.client.jetstream()
    for start in range(first, last + 1, 200):
        numbers = range(start, min(start + 200, last + 1))
        acks = [await js.publish_async(SUBJECT, str(number).encode()) for number in numbers]
        await asyncio.gather(*acks)


async def consumers(log):
    return [info.name for info in await log.client.jetstream().consumers_info("JOBS")]


async def no_consumer_is_left(log):
    """Nobody waits for the answer to a deletion, and the server works on it beside other requests."""
    async with asyncio.timeout(20):  # far below the time after which an unused one ends by itself
        while await consumers(log):
            await asyncio.sleep(0.02)


class Reader:
    """Reads in the background; `until(n)` waits for the n-th message."""

    def __init__(self, tail: Tail) -> None:
        self.tail = tail
        self.numbers: list[int] = []
        self._arrived = asyncio.Condition()
        self.task = asyncio.create_task(self._run())

    async def _run(self):
        async for batch in self.tail.batches():
            async with self._arrived:
                self.numbers += [int(message.payload) for message in batch]
                self._arrived.notify_all()

    async def until(self, count):
        async with self._arrived, asyncio.timeout(20):
            await self._arrived.wait_for(lambda: len(self.numbers) >= count)

    async def stop(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@pytest.fixture
async def reader(log):
    reader = Reader(log.tail("jobs.>"))
    yield reader
    await reader.stop()


async def test_what_is_there_and_what_comes_in_order(log, reader):
    await write(log, 1, 300)
    await reader.until(300)
    await write(log, 301, 310)
    await reader.until(310)
    assert reader.numbers == list(range(1, 311))
    assert reader.tail.position == 310


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_restart_of_the_server_costs_nothing_and_repeats_nothing(server, settings, log, reader, how):
    await write(log, 1, 40)
    await reader.until(40)
    server.process.send_signal(how)
    server.process.wait()
    server.start()
    writer = await connect(settings, "writer")
    await write(EventLog(writer, "writer"), 41, 60)
    await writer.close()
    await reader.until(60)
    assert reader.numbers == list(range(1, 61))
    assert reader.tail.reconnected >= 1


async def test_a_deleted_consumer_is_made_anew_behind_the_last_message(log, reader):
    await write(log, 1, 20)
    await reader.until(20)
    (name,) = await consumers(log)
    await log.client.jetstream().delete_consumer("JOBS", name)
    await write(log, 21, 30)
    await reader.until(30)
    assert reader.numbers == list(range(1, 31))
    assert (reader.tail.reconnected, len(await consumers(log))) == (1, 1)
    assert name not in await consumers(log)


async def sent(log, tail, number, consumer_sequence, consumer=None):
    """A message as if the server had sent it; clients may not publish with such a reply subject."""
    consumer = consumer or (await consumers(log))[0]
    reply = f"$JS.ACK.JOBS.{consumer}.1.{number}.{consumer_sequence}.0.0"
    await tail._pull._on_message(Msg(_client=log.client, subject=SUBJECT, reply=reply, data=str(number).encode()))


async def test_late_and_repeated_messages_of_the_server_are_dropped(log, reader):
    await write(log, 1, 10)
    await reader.until(10)
    await sent(log, reader.tail, 5, 11)
    await sent(log, reader.tail, 7, 12, consumer="given-up")
    await sent(log, reader.tail, 99, 1, consumer="given-up")
    await write(log, 11, 15)
    await reader.until(15)
    assert reader.numbers == list(range(1, 16))


async def test_a_gap_in_what_the_server_sends_is_read_again(log, reader):
    await write(log, 1, 3)
    await reader.until(3)
    await sent(log, reader.tail, 9, 6)
    await write(log, 4, 9)
    await reader.until(9)
    assert reader.numbers == list(range(1, 10))
    assert reader.tail.reconnected == 1


async def test_it_gives_its_consumer_back(log):
    reader = Reader(log.tail("jobs.>"))
    await write(log, 1, 1)
    await reader.until(1)
    assert len(await consumers(log)) == 1
    await reader.stop()
    await no_consumer_is_left(log)


async def test_a_read_that_was_broken_off_gives_its_consumer_back(log):
    await write(log, 1, 600)
    async with contextlib.aclosing(log.read("jobs.>")) as messages:
        async for message in messages:
            if message.sequence == 5:
                break
    await no_consumer_is_left(log)


async def test_a_slow_reader_holds_a_bounded_number_of_messages(log):
    await write(log, 1, 4_000)
    tail = log.tail("jobs.>")
    async with contextlib.aclosing(tail.batches()) as batches:
        seen = len(await anext(batches))
        for _ in range(5):
            await log.client.flush()
            await asyncio.sleep(0)
            assert len(tail._buffer) <= 2 * 256
            seen += len(await anext(batches))
    assert seen <= 6 * 512


async def test_catching_up_ends_although_what_was_to_come_is_purged(log):
    await write(log, 1, 600)
    tail = log.tail("jobs.>")
    seen = 0
    async with asyncio.timeout(30):
        async for batch in tail.batches(until_caught_up=True):
            seen += len(batch)
            await log.purge("jobs.>")
    assert 0 < seen < 600


async def test_catching_up_goes_on_through_a_restart(server, log):
    await write(log, 1, 600)
    tail = log.tail("jobs.>")
    numbers = []
    async with asyncio.timeout(30):
        async for batch in tail.batches(until_caught_up=True):
            if not numbers:
                server.restart()
            numbers += [int(message.payload) for message in batch]
    assert numbers == list(range(1, 601))


async def test_catching_up_on_an_empty_subject_ends_at_once(log):
    await write(log, 1, 3)
    async with asyncio.timeout(20):
        assert [message async for message in log.read("jobs.*.j_2.log")] == []


async def test_last_per_subject(log):
    js = log.client.jetstream()
    for number in range(5):
        for job in range(30):
            await js.publish_async(f"jobs.u_1.j_{job}.lifecycle", str(number).encode())
    await js.publish_async_completed()
    tail = log.tail("jobs.*.*.lifecycle", last_per_subject=True)
    latest = {message.subject: message.payload async for message in tail.messages(until_caught_up=True)}
    assert set(latest.values()) == {b"4"}
    assert len(latest) == 30


async def test_a_task_that_swallows_one_cancellation_is_ended_all_the_same():
    async def stubborn():
        for swallowed in (True, False):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not swallowed:
                    raise

    tasks = [asyncio.create_task(stubborn()) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await cancel(tasks)
    assert all(task.cancelled() for task in tasks)
