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
from tests.world.places.overpass import Overpass
from tests.world.places.town import town
from tests.world.world import World

MODULES = [spec for spec in load_manifests().values() if not spec.coming_soon and not spec.on_grid]
"""Those whose items are rows of the client's."""
GRID_MODULES = [spec for spec in load_manifests().values() if not spec.coming_soon and spec.on_grid]
"""Those whose items are tiles; see test_grid_modules."""


class Bench(Workshop):
    """A workshop for one module of the product."""

    spec: ModuleSpec
    world: World
    cases: Cases

    def run(self, process=None):
        return self.runner(process or load_process(self.spec), module=self.spec)

    async def outcome(self, *rows, job="j_1", **options):
        """The results of the rows, in their order."""
        await self.put(*rows, job=job, slug=self.spec.slug, **options)
        return sorted(await self.results(len(rows), job), key=lambda event: event.index)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World.start() as world:
        yield world


@pytest.fixture(params=MODULES, ids=lambda spec: spec.slug)
async def bench(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> AsyncIterator[Bench]:
    async with _bench(request.param, world.settings_env(), tmp_path) as bench:
        bench.world, bench.cases = world, cases_for(request.param)
        yield bench


@pytest.fixture
async def places() -> AsyncIterator[Overpass]:
    """A town's places, behind the API that needs no key."""
    async with Overpass(town(3, 600)).serve() as api:
        yield api


@pytest.fixture(params=GRID_MODULES, ids=lambda spec: spec.slug)
async def grid_bench(request: pytest.FixtureRequest, places: Overpass, tmp_path: Path) -> AsyncIterator[Bench]:
    env = {"OUTSEND_OVERPASS_URL": places.url, "OUTSEND_OVERPASS_RATE": "1000", "OUTSEND_DATA_DIR": str(tmp_path)}
    async with _bench(request.param, env, tmp_path) as bench:
        yield bench


@contextlib.asynccontextmanager
async def _bench(spec: ModuleSpec, env: dict[str, str], tmp_path: Path) -> AsyncIterator[Bench]:
    server = NatsServer(tmp_path / "nats").start()
    settings = Settings.from_env(env | {"NATS_URL": server.url, "OUTSEND_FETCH_TIMEOUT": "1.5"})
    client = await connect(settings, "bench")
    bench = Bench(client, settings)
    # Time limits for machines, not for sites of the real internet.
    bench.spec = msgspec.structs.replace(spec, timeout=8, attempts=2, concurrency=8)
    await bench.open()
    await bench.add_consumer(bench.spec.slug)
    yield bench
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bench.close(), 10)
    with contextlib.suppress(OSError):
        await client.close()
    server.kill()
