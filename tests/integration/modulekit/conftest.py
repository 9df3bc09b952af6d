"""The messaging fixtures, a workshop on them, and worker processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.messaging import streams
from shared.modulekit import runner
from shared.settings import Settings
from tests.integration.messaging.conftest import client, log, server, settings
from tests.integration.modulekit.workshop import Workshop

__all__ = ["client", "log", "server", "settings"]

ROOT = Path(__file__).parents[3]


@pytest.fixture
def short_ack_wait(monkeypatch: pytest.MonkeyPatch) -> float:
    """A silent worker is believed in for so many seconds; consumer and runner agree on it."""
    for module in (streams, runner):
        monkeypatch.setattr(module, "ACK_WAIT", 2.4)  # a busy machine pauses for less
    return 2.4


@pytest.fixture
async def empty_workshop(client: Client, settings: Settings) -> AsyncIterator[Workshop]:
    workshop = Workshop(client, settings)
    await workshop.open()
    yield workshop
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(workshop.close(), 10)


@pytest.fixture
async def workshop(empty_workshop: Workshop) -> Workshop:
    await empty_workshop.add_consumer()
    return empty_workshop


@pytest.fixture
def start_worker(settings: Settings, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a real worker process for a module of tests/modules."""
    started: list[subprocess.Popen[bytes]] = []
    program = (
        "import asyncio; from shared.settings import Settings; from shared.modulekit.worker import Worker; "
        "import sys; asyncio.run(Worker(Settings.from_env(), [sys.argv[1]]).run())"
    )

    def start(slug: str) -> subprocess.Popen[bytes]:
        environment = os.environ | settings.to_env() | {"OUTSEND_MODULE_FOLDERS": str(ROOT / "tests/modules")}
        with (tmp_path / "worker.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", program, slug], cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
