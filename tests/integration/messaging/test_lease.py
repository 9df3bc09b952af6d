"""One process plays a role at a time, whatever happens to it or to the broker."""

import asyncio
import contextlib
import itertools
import time

import pytest

from shared.messaging.connection import connect
from shared.messaging.lease import Lease
from shared.messaging.streams import declare_bucket
from shared.settings import Settings
from tests.servers import NatsServer
from tests.timing import SLACK

pytestmark = pytest.mark.servers

TTL, RENEW, ACT = 4.0, 0.4, 3.0
"""So far apart that a holder on a busy machine renews in time."""
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = NatsServer(tmp_path_factory.mktemp("lease") / "nats").start()
    yield server
    server.kill()


@pytest.fixture
async def candidate(server):
    """Makes holders, each with a connection of its own as if in a process of its own."""
    settings = Settings(nats_url=server.url)
    bucket, clients, leases = f"leases{next(_numbers)}", [], []

    async def make(holder):
        client = await connect(settings, holder)
        clients.append(client)
        kv = await declare_bucket(client.jetstream(timeout=1), settings, bucket, max_age=TTL)
        leases.append(Lease(kv, "dispatcher", holder, ttl=TTL, renew=RENEW, act=ACT))
        return leases[-1]

    yield make
    for lease in leases:
        await lease.release()
    for client in clients:
        await client.close()


@contextlib.asynccontextmanager
async def watching(*leases):
    """Fails when two are ever held at once."""
    together = []

    async def look():
        while True:
            if sum(lease.held for lease in leases) > 1:
                together.append(time.monotonic())
            await asyncio.sleep(0.002)

    task = asyncio.create_task(look())
    yield
    task.cancel()
    assert not together, "two holders acted at once"


def vanish(lease):
    """The process is paused or dead: it renews no more, and does not know."""
    lease._renewing.cancel()


async def test_the_first_holds_and_the_second_waits(candidate):
    one, two = await candidate("one"), await candidate("two")
    await one.acquire()
    async with watching(one, two):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(two.acquire(), TTL + 1)
        assert one.held and not two.held and not one.lost.is_set()


async def test_a_release_hands_over_at_once(candidate):
    one, two = await candidate("one"), await candidate("two")
    await one.acquire()
    waiting = asyncio.create_task(two.acquire())
    await asyncio.sleep(0)
    await one.release()
    assert not one.held
    await asyncio.wait_for(waiting, TTL - 0.5)  # sooner than it would have run out
    assert two.held


async def test_a_paused_holder_stops_before_another_begins(candidate):
    one, two = await candidate("one"), await candidate("two")
    await one.acquire()
    vanish(one)
    began = time.monotonic()
    async with watching(one, two):
        await asyncio.wait_for(two.acquire(), TTL + SLACK)
        assert not one.held
    assert time.monotonic() - began > ACT - 0.1


async def test_who_wakes_up_after_a_takeover_loses_and_does_not_disturb(candidate):
    one, two = await candidate("one"), await candidate("two")
    await one.acquire()
    vanish(one)
    await two.acquire()
    one._renewing = asyncio.create_task(one._keep())  # the pause is over
    await asyncio.wait_for(one.lost.wait(), 20)
    await one.release()
    assert two.held and not one.held
    await asyncio.sleep(RENEW * 2)
    assert two.held and not two.lost.is_set()


async def test_who_never_held_takes_nothing_away(candidate):
    one, two = await candidate("one"), await candidate("two")
    await one.acquire()
    await two.release()
    await asyncio.sleep(RENEW * 2)
    assert one.held


async def test_many_candidates_one_after_another(candidate):
    leases = [await candidate(str(number)) for number in range(5)]
    served = []

    async def serve(lease):
        await lease.acquire()
        served.append(lease)
        await asyncio.sleep(0.2)
        await lease.release()

    async with watching(*leases):
        await asyncio.wait_for(asyncio.gather(*map(serve, leases)), 60)
    assert len(served) == 5


async def test_an_answer_that_was_lost_is_recognised(candidate):
    one = await candidate("one")
    await one.acquire()
    # As if the last renewal had been written and its acknowledgement lost.
    await one._kv.update("dispatcher", one._value, last=one._revision)
    await asyncio.sleep(TTL)
    assert one.held and not one.lost.is_set()


async def test_a_short_restart_of_the_broker_is_survived(candidate, server):
    one, two = await candidate("one"), await candidate("two")
    await one.acquire()
    async with watching(one, two):
        waiting = asyncio.create_task(two.acquire())
        server.restart()
        await asyncio.sleep(TTL + 1)
        async with asyncio.timeout(20):
            while not (one.held or two.held):
                await asyncio.sleep(0.02)
        waiting.cancel()


async def test_a_holder_without_a_broker_stops_in_time(candidate, server):
    one = await candidate("one")
    await one.acquire()
    took = []
    while not took or (took[-1] > ACT + 0.2 and len(took) < 4):  # a busy machine wakes us late, but not each time
        server.pause()
        try:
            began = time.monotonic()
            await asyncio.wait_for(one.lost.wait(), 20)
            took.append(time.monotonic() - began)
            assert not one.held
        finally:
            server.resume()
        await asyncio.wait_for(one.acquire(), 20)
        assert one.held and not one.lost.is_set()
    assert took[-1] <= ACT + 0.2, took
