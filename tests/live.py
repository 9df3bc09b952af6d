"""The running product and the running world as processes of their own, for suites that only talk to them."""

import asyncio
import contextlib
import itertools
import json
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx

from deploy.child import LEASH
from deploy.place import running_stack
from services.cli.users import create_user
from shared.settings import Settings

ROOT = Path(__file__).parent.parent
MODULES = Path(__file__).parent / "modules"
_numbers = itertools.count(1)


class User(NamedTuple):
    email: str
    password: str
    api_key: str


class LiveStack:
    """`outsend up` over a world, test modules included. Its settings are those of every process."""

    def __init__(self, url, settings, world, data_dir):
        self.url = url
        self.settings = settings
        self.world = world
        """world.json: the world's ports, pid and settings."""
        self.data_dir = data_dir

    def new_user(self, *, verified=True):
        """An account of its own, so that tests do not see each other's jobs."""
        user = f"user{next(_numbers)}-{os.getpid()}@example.com", secrets.token_urlsafe(12)
        work = create_user(self.settings, *user, verified=verified, api_key=True)
        with ThreadPoolExecutor(1) as thread:  # works inside a running event loop too
            return User(*user, thread.submit(asyncio.run, work).result())

    def client(self, user=None, **options):
        """A synchronous HTTP client, as the user or as nobody."""
        headers = {"X-API-Key": user.api_key} if user else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, **options)

    def async_client(self, user=None, **options):
        headers = {"X-API-Key": user.api_key} if user else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, trust_env=False, **options)

    def finished(self, client, job_id, *, within=60):
        """The job once it has ended, as its event stream tells."""
        with client.stream("GET", f"/api/jobs/{job_id}/stream", timeout=within) as answer:
            for line in answer.iter_lines():
                if line == "event: done":
                    break
        return client.get(f"/api/jobs/{job_id}").json()

    def cli_env(self, user=None):
        """The environment of a command of this user."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("OUTSEND_")}
        who = {"OUTSEND_API_KEY": user.api_key} if user else {}
        return env | who | {"OUTSEND_URL": self.url, "OUTSEND_MODULE_FOLDERS": str(MODULES), "COLUMNS": "200"}


@contextlib.contextmanager
def leashed(argv, *, env=None, log=None, **options):
    """A process that ends with the block, or with us if we are killed."""
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("ab")) if log else None
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", LEASH, str(os.getpid()), *argv],
            env=env,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            **options,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


@contextlib.contextmanager
def live_world(folder):
    """The world as a process; gives what world.json says."""
    log = folder / "world.log"
    with leashed([sys.executable, "-m", "tests.world", "--dir", folder], log=log) as process:
        description = folder / "world.json"
        wait_until(description.exists, process, log)
        yield json.loads(description.read_text())


@contextlib.contextmanager
def live_stack(folder, **settings):
    """The product over a world of its own; `settings` are variables such as OUTSEND_RETENTION_DAYS."""
    folder.mkdir(parents=True, exist_ok=True)
    with live_world(folder) as world, live_product(folder, world, **settings) as running:
        yield running


@contextlib.contextmanager
def live_product(folder, world, **settings):
    """The product over a world that runs already."""
    folder.mkdir(parents=True, exist_ok=True)
    data_dir, log = folder / "data", folder / "up.log"
    env = os.environ | world["env"]
    env |= {"OUTSEND_MODULE_FOLDERS": str(MODULES), "OUTSEND_FETCH_TIMEOUT": "2", "OUTSEND_LOGIN_ATTEMPTS": "1000"}
    env |= {"OUTSEND_REGISTRATIONS_PER_HOUR": "1000", "OUTSEND_JOB_CREATIONS_PER_MINUTE": "10000"} | settings
    argv = [sys.executable, "-m", "services.cli", "up", "--port", "0", "--data-dir", data_dir]
    with leashed(argv, env=env, log=log) as process:
        wait_until(lambda: running_stack(data_dir), process, log)
        running = running_stack(data_dir)
        yield LiveStack(running.url, Settings.from_env(running.env), world, data_dir)


def wait_until(happened, process, log, *, within=90):
    deadline = time.monotonic() + within
    while not happened():
        assert process.poll() is None, f"{process.args} ended:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"{process.args} is not ready:\n{log.read_text()}"
        time.sleep(0.05)
