"""Each module of the registry, run by the real runner over a real broker, in the scripted internet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from contracts.manifest import ModuleSpec, load_manifests
from shared.messaging.connection import connect
from shared.modulekit.registry import load_process
from shared.settings import Settings
from tests.conformance.cases import Cases, cases_for
from tests.integration.modulekit.workshop import Workshop
from tests.servers import NatsServer
from tests.world.world import World

MODULES = [spec for spec in load_manifests().values() if not spec.coming_soon]


class Bench(Workshop):
    """A workshop for one module of the product."""

    spec: ModuleSpec
    world: World
    cases: Cases

    def run(self, process=None):
        return self.runner(process or load_process(self.spec), module=self.spec)

    async def outcome(self, *rows, job="j_1"):
        """The results of the rows, in their order."""
        await self.put(*rows, job=job, slug=self.spec.slug)
        return sorted(await self.results(len(rows), job), key=lambda event: event.index)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World.start() as world:
        yield world


@pytest.fixture(params=MODULES, ids=lambda spec: spec.slug)
async def bench(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> AsyncIterator[Bench]:
    server = NatsServer(tmp_path / "nats").start()
    settings = Settings.from_env(world.settings_env() | {"NATS_URL": server.url, "OUTSEND_FETCH_TIMEOUT": "1.5"})
    client = await connect(settings, "bench")
    bench = Bench(client, settings)
    # Time limits for machines, not for sites of the real internet.
    bench.spec = msgspec.structs.replace(request.param, timeout=8, attempts=2, concurrency=8)
    bench.world, bench.cases = world, cases_for(request.param)
    await bench.open()
    await bench.add_consumer(bench.spec.slug)
    yield bench
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bench.close(), 10)
    with contextlib.suppress(OSError):
        await client.close()
    server.kill()
