"""One worker process has two hundred slow sites in hand at once, as techstack's manifest says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from contracts.manifest import load_manifests
from shared.modulekit.module import Result
from tests.integration.modulekit.workshop import Workshop
from tests.unit.net.servers import Seen, page
from tests.unit.net.world import World

pytestmark = pytest.mark.servers


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.start()
    yield world
    await world.stop()


async def test_two_hundred_slow_sites_are_fetched_at_once(workshop: Workshop, world: World) -> None:
    concurrency = load_manifests()["techstack"].concurrency
    assert concurrency >= 200
    everyone = asyncio.Barrier(concurrency)

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await everyone.wait()  # nobody gets an answer before all have asked
        writer.write(page())
        return True

    async def process(item, context) -> Result:
        response = await context.fetch_site(item.item["site_web"])
        return Result(columns={"cms": str(response.status)})

    world.site.pages["/"] = slow
    names = [f"site{number}.example" for number in range(concurrency)]
    world.dns.records = {name: [["127.0.0.1"]] for name in names}
    ours = ("dns_servers", "http_port_map", "egress_allow", "egress_ca_file", "robots", "fetch_timeout")
    workshop.settings = msgspec.structs.replace(
        workshop.settings, **{name: getattr(world.settings, name) for name in ours} | {"fetch_timeout": 60.0}
    )
    workshop.runner(process, timeout=60, concurrency=concurrency)
    await workshop.put(*({"site_web": f"http://{name}/"} for name in names))
    results = await workshop.results(concurrency)
    assert all(event.error is None for event in results)
    assert world.site.most_open == concurrency
