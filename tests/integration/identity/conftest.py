"""A real nats-server, a real SMTP server, and an identity service on them with a clock the test can turn."""

import asyncio
import itertools
import json
import os
import subprocess
import sysconfig
import time
from pathlib import Path

import nats
import pytest
from argon2 import PasswordHasher
from nats.js.api import KeyValueConfig

from shared.identity.credential_cache import CredentialCache
from shared.identity.mail import Mailer
from shared.identity.passwords import Passwords
from shared.identity.service import IdentityService
from shared.settings import Settings
from tests.integration.identity.smtp_sink import SmtpSink

FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DAY = 86_400
_numbers = itertools.count()


class Nats:
    """One nats-server process with JetStream in `folder`; it chooses its port and writes it to a file."""

    def __init__(self, folder):
        program = Path(sysconfig.get_path("scripts"), "nats-server")
        self.folder = folder
        self.process = subprocess.Popen(
            [program, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", folder, "--ports_file_dir", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.url = self._wait_for_port()

    def _wait_for_port(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for file in self.folder.glob("*.ports"):
                if text := file.read_text():
                    return json.loads(text)["nats"][0]
            assert self.process.poll() is None, "nats-server did not start"
            time.sleep(0.01)
        raise TimeoutError("nats-server wrote no port")

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory):
    server = Nats(tmp_path_factory.mktemp("nats"))
    yield server
    server.stop()


@pytest.fixture
def mortal_nats(tmp_path):
    """A server of the test's own, to be stopped by it."""
    server = Nats(tmp_path)
    yield server
    server.stop()


class Buckets:
    def __init__(self, identity, sessions, limits):
        self.identity, self.sessions, self.limits = identity, sessions, limits

    def as_arguments(self):
        return {"identity": self.identity, "sessions": self.sessions, "limits": self.limits}


async def open_buckets(connection, timeout=5.0):
    js = connection.jetstream(timeout=timeout)
    number = f"{os.getpid()}_{next(_numbers)}"
    return Buckets(
        await js.create_key_value(KeyValueConfig(bucket=f"identity_{number}")),
        await js.create_key_value(KeyValueConfig(bucket=f"sessions_{number}", ttl=7 * DAY)),
        await js.create_key_value(KeyValueConfig(bucket=f"limits_{number}", ttl=2 * 3600)),
    )


@pytest.fixture
async def buckets(nats_server):
    connection = await nats.connect(nats_server.url, allow_reconnect=False)
    yield await open_buckets(connection)
    await connection.close()


@pytest.fixture
async def smtp():
    async with SmtpSink() as sink:
        yield sink


class Clock:
    def __init__(self):
        self.moment = 1_800_000_000.0

    def __call__(self):
        return self.moment

    def forward(self, seconds):
        self.moment += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def make_service(buckets, smtp, clock):
    """Makes services, each as if in a process of its own, over the same buckets."""
    made = []

    def make(*, cache_seconds=0.0, hasher=FAST, **settings):
        settings = Settings(
            smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_tls=False, public_url="https://leads.example/", **settings
        )
        service = IdentityService(
            **buckets.as_arguments(),
            settings=settings,
            mailer=Mailer(settings, retry_delays=(0.0,)),
            passwords=Passwords(hasher),
            cache=CredentialCache(seconds=cache_seconds, clock=clock),
            now=clock,
        )
        made.append(service)
        return service

    yield make
    await asyncio.gather(*(service.aclose() for service in made))


@pytest.fixture
def service(make_service):
    return make_service()
