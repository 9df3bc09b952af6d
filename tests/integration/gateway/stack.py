"""A real nats-server as it is deployed, and the gateway behind a real uvicorn on a free port."""

import asyncio
import itertools
import json
import subprocess
import sysconfig
import time
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import nats
import structlog
from argon2 import PasswordHasher
from msgspec.structs import replace

from contracts import codec, subjects
from contracts.events import ItemProcessed, JobCancelled, JobCompleted, JobDeleted, JobStarted
from services.gateway.app import create_app
from shared.api.server import make_server
from shared.identity.passwords import Passwords
from shared.messaging.log import EventLog
from shared.settings import Settings
from tests.integration.gateway.modules import MODULES

_numbers = itertools.count(1)
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hundreds of accounts are made here; how slow hashing is has tests of its own."""

PASSWORD = "correct horse battery"


class Nats:
    """One nats-server process; it chooses its port and writes it to a file."""

    def __init__(self, folder: Path):
        config = folder / "nats.conf"
        config.write_text(
            f"listen: 127.0.0.1:-1\nmax_payload: 8388608\nports_file_dir: {folder}\n"
            f"jetstream {{\n  store_dir: {folder}\n  sync_interval: always\n}}\n"
        )
        program = Path(sysconfig.get_path("scripts"), "nats-server")
        self.process = subprocess.Popen([program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = self._wait_for_port(folder)

    def _wait_for_port(self, folder):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for file in folder.glob("*.ports"):
                if text := file.read_text():
                    return json.loads(text)["nats"][0]
            assert self.process.poll() is None, "nats-server did not start"
            time.sleep(0.01)
        raise TimeoutError("nats-server wrote no port")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Lines:
    """The log lines of the process; a test waits for one instead of sleeping."""

    def __init__(self):
        self.seen = []
        self._changed = asyncio.Event()

    def __call__(self, _, __, event):
        self.seen.append(event)
        self._changed.set()
        raise structlog.DropEvent

    async def wait_for(self, event, **fields):
        async with asyncio.timeout(30):
            while True:
                for line in self.seen:
                    if line.get("event") == event and fields.items() <= line.items():
                        return line
                self._changed.clear()
                await self._changed.wait()


class Gateway:
    """The running service, and what a test needs around it."""

    def __init__(self, url, app, settings, client, lines):
        self.url, self.app, self.settings, self.lines = url, app, settings, lines
        self.broker = client
        self.log = EventLog(client, "test")
        self._clients = []

    def http(self, **options):
        client = httpx.AsyncClient(base_url=self.url, timeout=30, **options)
        self._clients.append(client)
        return client

    async def close(self):
        for client in self._clients:
            await client.aclose()

    async def user(self, *, verified=True, active=True):
        """A client that is logged in. `client.user` is its id."""
        email = f"user{next(_numbers)}@example.com"
        client = self.http()
        answer = await client.post("/api/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        if verified:
            line = await self.lines.wait_for("mail_link", to=email)
            token = line["link"].partition("#token=")[2]
            assert (await client.post("/api/auth/verify-email", json={"token": token})).status_code == 200
        answer = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.user, client.email = answer.json()["id"], email
        if not active:
            await self.app.state.identity.set_active(client.user, False)
        return client

    async def job(self, client, count=3, **body):
        """A techstack job of the client's, as it was answered."""
        items = [{"site_web": f"https://{number}.example"} for number in range(count)]
        answer = await client.post("/api/jobs/techstack", json={"items": items} | body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def search(self, client, **body):
        """A scrap job of the client's, as it was answered."""
        answer = await client.post("/api/jobs", json={"queries": ["dentiste"], "zones": ["Ouessant"]} | body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def start(self, client, job):
        await self.log.append(client.user, job["id"], JobStarted())

    async def finish(self, client, job, rows, ended=JobCompleted, **more):
        """Write the results and the end as workers and dispatcher do; `rows[i]` are the rows of item i."""
        await self.start(client, job)
        for index, of_item in enumerate(rows):
            await self.log.append(client.user, job["id"], ItemProcessed(index=index, rows=of_item, found=len(of_item)))
        counted = sum(map(len, rows))
        end = ended(
            processed_points=len(rows),
            results_count=counted,
            error_count=0,
            total_attempts_count=len(rows),
            rows=counted,
            ef_cost=more.pop("ef_cost", job["ef_cost"]),
            expires_at=job["expires_at"],
            **more,
        )
        await self.log.append(client.user, job["id"], end)

    async def interrupt(self, client, job, done=1, ended=JobCancelled, **more):
        """End a scrap job before its time, with so many of its tiles done."""
        await self.start(client, job)
        for index in range(done * len(job["queries"])):
            await self.log.append(client.user, job["id"], ItemProcessed(index=index))
        end = ended(
            processed_points=done,
            results_count=0,
            error_count=0,
            total_attempts_count=done,
            rows=0,
            ef_cost=done / 10_000,
            expires_at=job["expires_at"],
            **more,
        )
        await self.log.append(client.user, job["id"], end)

    async def delete_for_good(self, client, job, ef_cost=0.0):
        """As the dispatcher: the event, then everything before it goes."""
        sequence = await self.log.append(client.user, job["id"], JobDeleted(ef_cost=ef_cost))
        await self.log.purge(subjects.job_history(client.user, job["id"]), below=sequence)

    async def events(self, client, job, channel="*"):
        """What the log has of a job, in order."""
        subject = subjects.job_subject(client.user, job["id"], channel)
        return [event.data async for message in self.log.read(subject) for event in codec.decode(message.payload)]

    async def messages(self, client):
        """How many messages the tenant has in the log."""
        return len([1 async for _ in self.log.read(f"jobs.{client.user}.>")])


@asynccontextmanager
async def running(server, **settings):
    """The gateway on that server with those settings."""
    chosen = replace(Settings(nats_url=server.url, registrations_per_hour=1_000, log_max_bytes=1 << 30), **settings)
    lines = Lines()
    structlog.configure(processors=[lines], cache_logger_on_first_use=False)
    app = create_app(chosen, modules=MODULES)
    web = make_server(app, chosen, app.state.streams, port=0)
    serving = asyncio.create_task(web.serve())
    while not web.started:
        await asyncio.sleep(0.005)
        if serving.done():
            serving.result()
    app.state.identity._passwords = Passwords(FAST)
    port = web.servers[0].sockets[0].getsockname()[1]
    client = await nats.connect(server.url)
    gateway = Gateway(f"http://127.0.0.1:{port}", app, chosen, client, lines)
    try:
        yield gateway
    finally:
        await gateway.close()
        await client.close()
        web.stop()
        await serving
        structlog.reset_defaults()
