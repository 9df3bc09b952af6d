"""The product with each service as a process of its own, and people who use it while those processes break."""

import asyncio
import contextlib
import itertools
import secrets
import shutil
import signal

import httpx

from deploy.stack import Stack
from services.cli.users import create_user
from shared.settings import Settings
from tests.chaos.watcher import Watcher
from tests.live import MODULES

PROCESSES = ("nats", "mongodb", "gateway", "projector", "dispatcher", "worker")
LEASE = 10.0
"""Seconds until a role whose holder fell silent is another's, and an item in silent hands is delivered again."""

_numbers = itertools.count(1)


def settings_of(folder, **changes):
    """Few items at once, so that a job of some hundred lasts long enough to be disturbed."""
    roomy = {"login_attempts": 1000, "job_creations_per_minute": 100_000, "log_json": False}
    return Settings(**({"data_dir": folder, "module_folders": [MODULES], "worker_concurrency": 5} | roomy | changes))


@contextlib.asynccontextmanager
async def running(folder, *, replicas=None, **changes):
    """The product on a folder; entering it again goes on with what is there."""
    async with Stack(settings_of(folder, **changes), layout="separate", replicas=replicas, say=print) as stack:
        product = Product(stack)
        try:
            yield product
        finally:
            await product.aclose()


class Product:
    """What can be done to it."""

    def __init__(self, stack):
        self.stack = stack
        self._people = []

    async def person(self):
        """Somebody with a verified account."""
        email, password = f"person{next(_numbers)}-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(12)
        key = await create_user(self.stack.settings, email, password, api_key=True)
        return self.acting(email, password, key)

    def acting(self, email, password, key):
        """The person with these credentials."""
        one = Person(email, password, key, self.stack.gateway_url, self.stack.projector_url)
        self._people.append(one)
        return one

    async def strike(self, name):
        """SIGKILL, as soon as there is a process to kill."""
        child = self.stack.processes[name]
        while child.pid is None:
            await asyncio.sleep(0.01)
        child.kill()

    async def kill(self, name):
        """SIGKILL; returns when the supervisor has the process back and it is ready."""
        before = self.stack.processes[name].starts
        await self.strike(name)
        await self.stack.ready(name)
        assert self.stack.processes[name].starts > before

    async def pause(self, name, seconds):
        """SIGSTOP, and later SIGCONT."""
        child = self.stack.processes[name]
        child.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        child.send(signal.SIGCONT)

    async def down(self, name):
        """Gone at once, and it stays away until `stack.start`."""
        await self.stack.processes[name].stop(grace=0)

    async def wipe_mongodb(self):
        """The views' store comes back with nothing."""
        await self.down("mongodb")
        shutil.rmtree(self.stack.settings.data_dir / "mongodb" / "files")
        await self.stack.start("mongodb")

    async def whole(self):
        """Every process runs and is ready, whatever a test has left behind."""
        await asyncio.gather(*(self.stack.start(name) for name in self.stack.processes))

    async def aclose(self):
        await asyncio.gather(*(one.aclose() for one in self._people))


class Person:
    """An account, and clients that act for it. Every method raises httpx.HTTPError for what is not a success."""

    def __init__(self, email, password, key, gateway_url, projector_url):
        self.email, self.password, self.key = email, password, key
        options = {"headers": {"X-API-Key": key}, "timeout": 20, "trust_env": False}
        self.commands = httpx.AsyncClient(base_url=gateway_url, **options)
        self.reads = httpx.AsyncClient(base_url=projector_url, **options)
        self._watchers = []

    async def request(self, items, module="faulty"):
        """A new job's id."""
        answer = await self.commands.post(f"/api/jobs/{module}", json={"items": items})
        return answer.raise_for_status().json()["id"]

    def watch(self, job):
        """Follow a job's events from the first one."""
        self._watchers.append(Watcher(self.reads, job))
        return self._watchers[-1]

    async def body(self, path):
        """The raw body of a read."""
        return (await self.reads.get(path)).raise_for_status().content

    async def job(self, job):
        """JobPublic as a dict."""
        return (await self.reads.get(f"/api/jobs/{job}")).raise_for_status().json()

    async def rows(self, job):
        """All rows of a done job."""
        return (await self.reads.get(f"/api/jobs/{job}/items?limit=10000")).raise_for_status().json()["items"]

    async def cancel(self, job):
        (await self.commands.post(f"/api/jobs/{job}/cancel")).raise_for_status()

    async def delete(self, job):
        (await self.commands.delete(f"/api/jobs/{job}")).raise_for_status()

    async def aclose(self):
        await asyncio.gather(*(watcher.aclose() for watcher in self._watchers))
        await self.commands.aclose()
        await self.reads.aclose()
