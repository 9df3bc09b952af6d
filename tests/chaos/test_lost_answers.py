"""Every answer to a write of the dispatcher is lost, as when the broker dies between the disk and the wire."""

import asyncio
import contextlib
from datetime import timedelta

from ulid import ULID

from contracts import codec
from contracts.events import CancelRequested, DeleteRequested, ItemProcessed, JobCompleted, JobDeleted, JobExpired
from contracts.subjects import job_subject
from services.dispatcher.dispatcher import Dispatcher
from services.dispatcher.window import Presences
from shared.messaging.connection import connect
from shared.messaging.lease import Lease
from shared.messaging.log import EventLog, LogUnavailable
from shared.messaging.streams import declare_log, leases_bucket
from shared.modulekit.registry import module_specs
from shared.settings import Settings
from tests.chaos.author import Author
from tests.live import MODULES
from tests.servers import NatsServer

TENANT = "u_01TENANT"
ITEMS = [{"nom": "a"}, {"nom": "b"}]


class Deaf(EventLog):
    """What it appends stands in the log, and it never learns so."""

    async def publish(self, draft):
        await super().publish(draft)
        raise LogUnavailable("the answer was lost")


@contextlib.asynccontextmanager
async def deaf_dispatcher(folder):
    """Acts on a broker of its own; gives an Author of the same log."""
    server = NatsServer(folder / "nats").start()
    settings = Settings(nats_url=server.url, module_folders=[MODULES], log_max_bytes=1 << 30)
    try:
        client = await connect(settings, "test")
        js = client.jetstream()
        await declare_log(js, settings)
        lease = Lease(await leases_bucket(js, settings), "dispatcher", str(ULID()))
        await lease.acquire()
        dispatcher = Dispatcher(Deaf(client, "dispatcher"), lease, settings, module_specs(settings), Presences())
        acting = asyncio.create_task(dispatcher.act())
        yield Author(EventLog(client, "author"))
        acting.cancel()
        await asyncio.wait({acting})
        await lease.release()
        await client.close()
    finally:
        server.kill()


async def until_event(hand, job, kind, *, within=20):
    """Return when the job's lifecycle has such an event."""
    async with asyncio.timeout(within):
        async for message in hand.log.tail(job_subject(TENANT, job, "lifecycle")).messages():
            if any(isinstance(envelope.data, kind) for envelope in codec.decode_slim(message.payload)):
                return


async def until_gone(hand, job, channels, *, within=20):
    """Return when nothing is left on these channels; nothing tells of a purge."""
    async with asyncio.timeout(within):
        for channel in channels:
            while await hand.log.last(job_subject(TENANT, job, channel)):
                await asyncio.sleep(0.05)


async def lifecycle(hand, job):
    """The names of the lifecycle's events."""
    messages = [message async for message in hand.log.read(job_subject(TENANT, job, "lifecycle"))]
    return [type(envelope.data).__name__ for message in messages for envelope in codec.decode_slim(message.payload)]


async def test_jobs_end_expire_and_vanish_all_the_same(tmp_path):
    async with deaf_dispatcher(tmp_path) as hand:
        expiring = await hand.request(TENANT, ITEMS, lasts=timedelta(seconds=2))
        cancelled, deleted = await hand.request(TENANT, ITEMS), await hand.request(TENANT, ITEMS)
        results = [ItemProcessed(index=index, rows=[item], found=1) for index, item in enumerate(ITEMS)]
        await hand.log.append(TENANT, expiring, *results)
        await hand.log.append(TENANT, cancelled, CancelRequested(by=TENANT))
        await hand.log.append(TENANT, deleted, *results)
        await until_event(hand, deleted, JobCompleted)
        await hand.log.append(TENANT, deleted, DeleteRequested(by=TENANT))

        await until_event(hand, expiring, JobExpired)
        await until_gone(hand, expiring, ("items", "results"))
        assert await lifecycle(hand, expiring) == ["JobRequested", "JobStarted", "JobCompleted", "JobExpired"]
        await until_event(hand, deleted, JobDeleted)
        await until_gone(hand, deleted, ("items", "results"))
        async with asyncio.timeout(20):  # the lifecycle goes last
            while await lifecycle(hand, deleted) != ["JobDeleted"]:
                await asyncio.sleep(0.05)
        assert (await lifecycle(hand, cancelled))[-1] == "JobCancelled"
