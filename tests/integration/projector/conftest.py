"""Real NATS and MongoDB-wire servers for the whole session, a database of its own and an emptied log for each test."""

import asyncio
import contextlib
import itertools

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from ulid import ULID

from services.projector.app import create_app
from services.projector.projection import Projector
from services.projector.reader import Reader
from shared.api.server import make_server
from shared.identity.passwords import Passwords
from shared.identity.service import IdentityService
from shared.messaging import streams
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
    """A bucket of leases that end soon, though not while a busy machine pauses."""
    return await declare_bucket(client.jetstream(), settings, f"leases_{settings.mongodb_database}", max_age=5.0)


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
        lease = Lease(leases, "projector", holder, ttl=5.0, renew=0.3, act=3.5)
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


class Served:
    """The read API behind a real server, and two people who may ask it."""

    def __init__(self, server, app, base_url, people):
        self.server = server
        self.app = app
        self.base_url = base_url
        self.people = people
        self.clients = []

    def client(self, name="ann"):
        """An HTTP client; `None` is nobody."""
        headers = {"X-API-Key": self.people[name].key} if name else {}
        client = httpx.AsyncClient(
            base_url=self.base_url, headers=headers, timeout=20, limits=httpx.Limits(max_connections=None)
        )
        self.clients.append(client)
        return client


class Person:
    def __init__(self, user_id, key):
        self.user_id = user_id
        self.key = key


async def make_person(client, settings, name):
    """An account with an API key, as the gateway makes them."""
    js = client.jetstream()
    service = IdentityService(
        identity=await streams.identity_bucket(js, settings),
        sessions=await streams.sessions_bucket(js, settings),
        limits=await streams.limits_bucket(js, settings),
        settings=settings,
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
    )
    email = f"{name}-{ULID()}@example.com".lower()
    address = f"10.{next(_numbers)}.0.1"
    await service.register(email, "correct horse battery", address)
    login = await service.login(email, "correct horse battery", address)
    _, secret = await service.create_api_key(login.account.id, "test")
    await service.aclose()
    return Person(login.account.id, secret)


@pytest.fixture
async def people(client, settings):
    return {name: await make_person(client, settings, name) for name in ("ann", "bob")}


@pytest.fixture
def serve(settings, people):
    """Serves the read API: `async with serve() as api`."""

    @contextlib.asynccontextmanager
    async def serve(**changed):
        app = create_app(msgspec.structs.replace(settings, **changed))
        server = make_server(app, settings, app.state.streams, port=0)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
            assert not task.done(), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        api = Served(server, app, f"http://127.0.0.1:{port}", people)
        try:
            yield api
        finally:
            server.stop()
            await asyncio.wait_for(task, 15)
            for one in api.clients:
                await one.aclose()

    return serve


@pytest.fixture
async def api(serve):
    async with serve() as api:
        yield api


@pytest.fixture
def own_story(log, people):
    """The story of a tenant who can log in."""
    return Story(log, people["ann"].user_id)
