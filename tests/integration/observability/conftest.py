"""Gateway, dispatcher and worker as processes over one broker, with and without a collector to send spans to."""

import asyncio
import contextlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import nats
import pytest

from deploy.ports import free_port
from services.cli.users import create_user
from shared.settings import Settings
from tests.integration.observability.collector import Collector
from tests.live import MODULES, leashed
from tests.servers import NatsServer


class House:
    """What a test may ask of the running services."""

    def __init__(self, settings, folder, ports, collector):
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self.folder = folder
        self._ports = ports
        self.collector = collector
        work = create_user(settings, "somebody@example.com", "correct horse battery", verified=True, api_key=True)
        with ThreadPoolExecutor(1) as thread:
            self._key = thread.submit(asyncio.run, work).result()

    async def post(self, *rows, **headers):
        """A new job of the module `faulty`; gives its id."""
        async with httpx.AsyncClient(base_url=self.url, headers={"X-API-Key": self._key}, trust_env=False) as client:
            answer = await client.post("/api/jobs/faulty", json={"items": list(rows)}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    @contextlib.asynccontextmanager
    async def messages(self):
        """All messages published about jobs and items from now on, until the first end of a job."""
        seen, ended = [], asyncio.Event()

        async def note(msg):
            seen.append(msg)
            if b"outsend.job_completed.v1" in msg.data:
                ended.set()

        async def until_ended():
            await asyncio.wait_for(ended.wait(), 30)
            return seen

        client = await nats.connect(self.settings.nats_url)
        try:
            for subject in ("jobs.>", "items.>"):
                await client.subscribe(subject, cb=note)
            await client.flush()
            yield until_ended
        finally:
            await client.close()

    async def line(self, service, event, **fields):
        """A log line of a service, once it is there."""
        async with asyncio.timeout(20):
            while True:
                for text in (self.folder / f"{service}.log").read_text().splitlines():
                    line = json.loads(text) if text.startswith("{") else {}
                    if line.get("event") == event and fields.items() <= line.items():
                        return line
                await asyncio.sleep(0.02)

    async def until_metrics(self, service, **wanted):
        """Until a service tells Prometheus these samples, `outsend_` left out; by name, or name and labels."""
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(20):
            while True:
                text = (await client.get(f"http://127.0.0.1:{self._ports[service]}/metrics")).text
                samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("outsend_"))
                found = {name: float(samples.get(f"outsend_{name}", "nan")) for name in wanted}
                if found == wanted:
                    return
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module", params=["no collector", "collector"])
def house(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    server = NatsServer(folder / "nats").start()
    collector = Collector() if request.param == "collector" else None
    settings = Settings(nats_url=server.url, port=free_port(), module_folders=[MODULES], log_max_bytes=1 << 30)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "OUTSEND_"))}
    if collector:
        env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    ports = {"gateway": settings.port, "dispatcher": free_port(), "worker": free_port()}
    commands = {"gateway": ["serve", "gateway"], "dispatcher": ["serve", "dispatcher"], "worker": ["worker", "faulty"]}
    with contextlib.ExitStack() as stack:
        stack.callback(server.kill)
        if collector:
            stack.callback(collector.close)
        for name, command in commands.items():
            own = env | settings.to_env() | {"OUTSEND_OPERATOR_PORT": str(ports[name])}
            argv = [sys.executable, "-m", "services.cli", *command]
            stack.enter_context(leashed(argv, env=own, log=folder / f"{name}.log"))
        for port in ports.values():
            _until_ready(port)
        yield House(settings, folder, ports, collector)


def _until_ready(port):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing is ready on port {port}")
