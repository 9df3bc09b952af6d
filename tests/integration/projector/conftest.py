"""Real NATS and MongoDB-wire servers for the whole session, a database of its own and an emptied log for each test."""

import asyncio
import contextlib
import itertools

import pytest

from services.projector.projection import Projector
from services.projector.reader import Reader
from shared.messaging.connection import connect
from shared.messaging.lease import Lease
from shared.messaging.log import EventLog
from shared.messaging.streams import declare_bucket, declare_log
from shared.settings import Settings
from shared.store import open_store
from tests.integration.projector.story import Story
from tests.servers import MongoServer, NatsServer

_numbers = itertools.count()


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory):
    server = NatsServer(tmp_path_factory.mktemp("servers") / "nats").start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory):
    server = MongoServer(tmp_path_factory.mktemp("servers") / "mongo").start()
    yield server
    server.kill()


@pytest.fixture
def settings(nats_server, mongo_server):
    return Settings(
        nats_url=nats_server.url,
        mongodb_url=mongo_server.url,
        mongodb_database=f"test{next(_numbers)}",
        log_max_bytes=1024**3,
        port=0,
    )


@pytest.fixture
async def client(settings):
    client = await connect(settings, "test")
    await declare_log(client.jetstream(), settings)
    await client.jetstream().purge_stream("JOBS")
    yield client
    await client.close()


@pytest.fixture
def log(client):
    return EventLog(client, "test")


@pytest.fixture
def story(log):
    return Story(log)


@pytest.fixture
def store(settings):
    store = open_store(settings, timeout=20.0, fail_fast=False)
    yield store
    store.close()


@pytest.fixture
def reader(log, store):
    return Reader(log, store)


@pytest.fixture
async def leases(client, settings):
    """A bucket of leases that end fast."""
    return await declare_bucket(client.jetstream(), settings, f"leases_{settings.mongodb_database}", max_age=1.5)


class Running:
    """A projector at work, which can be killed as if the process had died."""

    def __init__(self, projector, store, lease):
        self.projector = projector
        self.store = store
        self.lease = lease
        self.task = asyncio.create_task(projector.run())

    async def stop(self):
        """Leaves as asked: the lease is given back."""
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def kill(self):
        """Vanishes: the lease runs out by itself."""
        self.lease._revision = 0
        await self.stop()


@pytest.fixture
async def start_projector(settings, leases):
    """Starts projectors, each with connections of its own."""
    running = []

    async def start(holder="one"):
        client = await connect(settings, "projector")
        store = open_store(settings, timeout=20.0, fail_fast=False)
        lease = Lease(leases, "projector", holder, ttl=1.5, renew=0.3, act=1.0)
        one = Running(Projector(EventLog(client, "projector"), store, lease), store, lease)
        running.append((one, client, store))
        return one

    yield start
    for one, client, store in running:
        await one.stop()
        store.close()
        await client.close()


@pytest.fixture
async def projector(start_projector):
    return await start_projector()
