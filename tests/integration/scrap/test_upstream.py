"""The guard of an outside API: its rate over processes, its pauses, its rest."""

import asyncio
import random
import sys
import time
from types import SimpleNamespace

import nats
import pytest

from shared.net import upstream
from shared.net.upstream import Quotas, UpstreamGuard, UpstreamResting
from shared.settings import Settings
from tests.servers import NatsServer

RATE = 40.0

ASK = """
import asyncio, sys, time, nats
from shared.net.upstream import Quotas, UpstreamGuard
from shared.settings import Settings

async def main(url, rate, count):
    client = await nats.connect(url)
    guard = UpstreamGuard("api", rate=rate, quotas=await Quotas.open(client.jetstream(), Settings(nats_url=url)))
    print("ready", flush=True)
    sys.stdin.readline()

    async def one():
        await guard.turn()
        print(time.monotonic())

    await asyncio.gather(*(one() for _ in range(count)))
    await client.close()

asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = NatsServer(tmp_path_factory.mktemp("quotas") / "nats").start()
    yield server
    server.kill()


@pytest.fixture
async def quotas(server):
    client = await nats.connect(server.url)
    js = client.jetstream()
    yield await Quotas.open(js, Settings(nats_url=server.url))
    await js.delete_stream("KV_quotas")
    await client.close()


@pytest.mark.servers
async def test_two_processes_together_keep_the_rate(server, quotas):
    arguments = [sys.executable, "-c", ASK, server.url, str(RATE), "40"]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    processes = [await asyncio.create_subprocess_exec(*arguments, **pipes) for _ in range(2)]
    for process in processes:
        assert await process.stdout.readline() == b"ready\n"
    for process in processes:
        process.stdin.write(b"go\n")
        await process.stdin.drain()
    told = [(await process.communicate())[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    asked = sorted(float(each) for times in told for each in times)  # the processes of a machine share this clock
    assert len(asked) == 80
    # Never more than the rate in any second, but for those who took their turn late, by a quarter of one at most;
    # and all in all no less slow. Each for itself, the two would ask 80 times in the first second.
    busiest = max(sum(start <= each < start + 1.0 for each in asked) for start in asked)
    assert busiest <= RATE * 1.25 + 1
    assert asked[-1] - asked[0] >= 79 / RATE - 0.3


@pytest.mark.servers
async def test_a_pause_holds_for_every_process(quotas):
    one, other = (UpstreamGuard("api", rate=100, quotas=quotas) for _ in range(2))
    await one.turn()
    await one.failed(retry_after=40)
    with pytest.raises(UpstreamResting) as rest:
        await other.turn()
    assert 35 < rest.value.retry_after <= 40
    await UpstreamGuard("another", rate=100, quotas=quotas).turn()


@pytest.mark.servers
async def test_a_pause_takes_back_the_turns_that_were_given_ahead(quotas):
    one, other = (UpstreamGuard("api", rate=5, quotas=quotas) for _ in range(2))
    await one.turn()
    ahead = [asyncio.create_task(other.turn()) for _ in range(10)]
    await asyncio.wait(ahead, return_when=asyncio.FIRST_COMPLETED)
    await one.failed(retry_after=30)
    taken = sum(turn.done() for turn in ahead)
    results = await asyncio.gather(*ahead, return_exceptions=True)
    assert sum(isinstance(result, UpstreamResting) for result in results) >= 10 - taken - 1, "one may be on its way"


@pytest.mark.servers
async def test_without_the_broker_there_is_no_turn(tmp_path):
    server = NatsServer(tmp_path / "nats").start()
    client = await nats.connect(server.url)
    quotas = await Quotas.open(client.jetstream(timeout=2), Settings(nats_url=server.url))
    guard = UpstreamGuard("api", rate=100, quotas=quotas)
    await guard.turn()
    server.pause()
    try:
        waiting = asyncio.create_task(guard.turn())
        done, _ = await asyncio.wait([waiting], timeout=1.5)
        assert not done
    finally:
        server.resume()
    await waiting
    await client.close()
    server.kill()


async def test_the_rate_holds_within_one_process():
    guard = UpstreamGuard("api", rate=50, burst=5)
    began = time.monotonic()
    await asyncio.gather(*(guard.turn() for _ in range(20)))
    assert time.monotonic() - began >= 15 / 50 - 0.02


async def test_a_burst_goes_at_once():
    guard = UpstreamGuard("api", rate=0.02, burst=5)
    async with asyncio.timeout(20):  # one by one the second would wait for fifty
        await asyncio.gather(*(guard.turn() for _ in range(5)))


async def test_who_would_wait_too_long_is_told_so_at_once():
    guard = UpstreamGuard("api", rate=0.1, max_wait=25)
    turns = [asyncio.create_task(guard.turn()) for _ in range(4)]
    done, pending = await asyncio.wait(turns, timeout=0.5)
    refused = [task.exception() for task in done if task.exception()]
    assert [type(error) for error in refused] == [UpstreamResting]
    assert refused[0].retry_after == pytest.approx(30, abs=5)
    for task in pending:
        task.cancel()


async def test_failures_in_a_row_make_it_rest_and_longer_each_time(monkeypatch):
    rested = [0.0]
    monkeypatch.setattr(upstream, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + sum(rested)))
    guard = UpstreamGuard("api", rate=1000, failures=3, rest=50, longest_rest=120)
    for _ in range(2):
        await guard.failed()
        await guard.turn()
    await guard.succeeded()
    for _ in range(2):
        await guard.failed()
        await guard.turn()
    rests = []
    for _ in range(3):
        await guard.failed()
        with pytest.raises(UpstreamResting) as rest:
            await guard.turn()
        rests.append(rest.value.retry_after)
        rested.append(rest.value.retry_after)
        await guard.turn()
    assert rests == pytest.approx([50, 100, 120], abs=5)


async def test_a_strict_rate_holds_however_late_requests_arrive():
    guard, random_ = UpstreamGuard("api", rate=40, strict=True), random.Random(1)

    async def one(arrived):
        await guard.turn()
        await asyncio.sleep(random_.choice((0.0, 0.0, 0.0, 0.1)))  # the way there
        arrived.append(time.monotonic())
        await asyncio.sleep(0.01)
        await guard.succeeded()

    busiest = []
    while not busiest or (busiest[-1] <= 30 and len(busiest) < 4):  # a busy machine may be slower
        arrived = []
        await asyncio.gather(*(one(arrived) for _ in range(120)))
        busiest.append(max(sum(start <= at < start + 1.0 for at in arrived) for start in arrived))
        assert busiest[-1] <= 40
    assert busiest[-1] > 30, busiest


async def test_a_turn_that_was_given_up_holds_up_nobody():
    guard = UpstreamGuard("api", rate=4, strict=True)
    await asyncio.gather(*(guard.turn() for _ in range(4)))
    fifth = asyncio.create_task(guard.turn())
    done, _ = await asyncio.wait([fifth], timeout=1.2)
    assert not done, "four are away, and nobody knows when they arrive"
    for _ in range(4):
        guard.give_up()
    async with asyncio.timeout(30):
        await fifth
        fourth = [asyncio.create_task(guard.turn()) for _ in range(4)]
        await asyncio.wait(fourth, return_when=asyncio.FIRST_COMPLETED)
        for task in fourth:
            task.cancel()
        await asyncio.gather(*fourth, return_exceptions=True)
        await guard.succeeded()
        await guard.turn()


@pytest.mark.parametrize(("pauses", "slower"), [(1, 1.1), (3, 1.3), (15, 2.0)])
async def test_an_api_that_asked_for_pauses_is_asked_more_slowly_afterwards(pauses, slower):
    guard = UpstreamGuard("api", rate=100)
    for _ in range(pauses):
        await guard.turn()
        for _ in range(2):  # the second was on its way when the first was refused
            await guard.failed(retry_after=0.01)
        await guard.succeeded()
        await asyncio.sleep(0.02)
    planned, took = 40 * 0.01 * slower, []
    while not took or (took[-1] >= 2 * planned and len(took) < 4):  # a busy machine may be slower
        await guard.turn()
        began = time.monotonic()
        await asyncio.gather(*(guard.turn() for _ in range(40)))
        took.append(time.monotonic() - began)
        assert took[-1] >= planned - 0.01
    assert took[-1] < 2 * planned, took


@pytest.mark.parametrize("settings", [{"rate": 0}, {"rate": -1}, {"rate": 1, "burst": 0}])
def test_no_turns_at_all_is_a_mistake(settings):
    with pytest.raises(ValueError, match="takes some requests"):
        UpstreamGuard("api", **settings)
