"""The world as a whole: counters, gates, the control host, its settings, and its life as a process."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import httpx
import pytest

from shared.settings import Settings
from tests.unit.world.conftest import Visitor
from tests.world.world import World

HOST = "au-bon-levain.valmont.test"


async def test_requests_are_counted_and_logged_by_host(world: World, visitor: Visitor) -> None:
    await visitor.get(HOST, "/robots.txt")
    await visitor.get(HOST, headers={"User-Agent": "Essai/1.0"})
    assert world.requests(HOST) == 2
    assert world.requests("cabinet-durand.valmont.test") == 0
    assert [(entry.scheme, entry.target) for entry in world.log(HOST)] == [
        ("https", "/robots.txt"),
        ("https", "/"),
    ]
    assert world.log(HOST)[1].user_agent == "Essai/1.0"
    world.reset()
    assert (world.requests(HOST), world.log(HOST)) == (0, [])


async def test_a_held_site_answers_when_it_is_released(world: World, visitor: Visitor) -> None:
    world.hold(HOST)
    visits = [asyncio.create_task(visitor.get(HOST)) for _ in range(2)]
    await world.wait_for_requests(HOST, 2)
    assert not any(visit.done() for visit in visits)
    world.release(HOST)
    assert [(await visit).status_code for visit in visits] == [200, 200]


async def test_a_client_that_leaves_a_held_site_is_forgotten(world: World, visitor: Visitor) -> None:
    world.hold(HOST)
    visit = asyncio.create_task(visitor.get(HOST))
    await world.wait_for_requests(HOST)
    visit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visit
    world.release(HOST)
    assert (await visitor.get(HOST)).status_code == 200


async def test_the_control_host_tells_and_resets(world: World, visitor: Visitor) -> None:
    await visitor.get(HOST)
    told = (await visitor.get("world.test", "/requests", scheme="http")).json()
    log = (await visitor.get("world.test", f"/log?{HOST}", scheme="http")).json()
    assert told["requests"][HOST] == 1
    assert log[0]["target"] == "/"
    await visitor.send("POST", "world.test", f"/hold?{HOST}", scheme="http")
    assert world.ledger.gate(HOST) is not None
    await visitor.send("POST", "world.test", f"/release?{HOST}", scheme="http")
    assert world.ledger.gate(HOST) is None
    await visitor.send("POST", "world.test", "/reset", scheme="http")
    assert world.requests(HOST) == 0


async def test_the_settings_lead_into_the_world(world: World) -> None:
    settings = Settings.from_env(world.settings_env())
    assert settings.dns_servers == [f"127.0.0.1:{world.dns_port}"]
    assert settings.http_port_map == {"http": world.http_port, "https": world.https_port}
    assert f"127.0.0.1:{world.https_port}" in settings.egress_allow
    assert Path(settings.egress_ca_file).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert settings.host_delay < 0.1


async def test_two_worlds_live_side_by_side(world: World) -> None:
    async with World.start() as other:
        assert other.http_port != world.http_port


async def test_when_a_world_ends_nobody_is_left_waiting() -> None:
    async with World.start() as world:
        port = world.http_port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: hang-1.bulk.test\r\n\r\n")
        await world.wait_for_requests("hang-1.bulk.test")
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_says_when_it_is_ready_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.world", "--dir", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    said = b""
    while not said.endswith(b"\n}\n"):
        line = await process.stdout.readline()
        assert line, "the process ended before it was ready"
        said += line
    described = json.loads(said)
    assert json.loads((tmp_path / "world.json").read_text()) == described
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(f"http://127.0.0.1:{described['http_port']}/", headers={"Host": "site-1.bulk.test"})
    assert response.status_code == 200
    process.send_signal(ending)
    assert await asyncio.wait_for(process.wait(), 30) == 0
