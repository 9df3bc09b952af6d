"""A real Lighthouse before real pages, behind the guard."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.pagespeed import lighthouse
from services.pagespeed.extract import process
from services.pagespeed.failures import NotMeasured
from services.pagespeed.lighthouse import Lighthouse
from shared.modulekit.errors import Permanent, Unavailable
from shared.modulekit.module import Context
from shared.net.client import Fetcher
from shared.pagespeed_engine import missing_engine
from shared.settings import Settings
from tests.integration.brand_assets.recorder import Recorder
from tests.unit.net.servers import page
from tests.unit.net.world import World

WHY_NOT = missing_engine(Settings(pagespeed_engine="lighthouse"))
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
SPEC = load_manifests()["pagespeed"]
POOR = """<!doctype html><html><head><title>Pain</title></head><body><h1>Pain</h1><img src="/pain.png">
<p style="color: #bbb">Du pain clair</p><script>fetch("http://inside.example:PORT/fetched")</script>
<iframe src="http://127.0.0.1:PORT/framed"></iframe></body></html>"""


@pytest.fixture
async def world(tmp_path):
    world = World(tmp_path)
    await world.start()
    world.dns.records["inside.example"] = [["127.0.0.1"]]
    yield world
    await world.stop()


@pytest.fixture
async def recorder():
    recorder = Recorder()
    await recorder.start()
    yield recorder
    recorder.stop()


@pytest.fixture
async def engine(world, recorder):
    """With the recorder's port allowed: only its address stands in the way."""
    engine = Lighthouse(world.but(egress_ports=[80, 443, recorder.port], pagespeed_engine="lighthouse"))
    yield engine
    await engine.aclose()


def programs():
    """Command lines of what a measurement starts, of any process, ended ones aside."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "outsend-lighthouse-" in line:
            found.append(line)
    return found


def folders(where):
    return list(Path(where).glob("outsend-lighthouse-*"))


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    """Neither a process nor a profile outlives a measurement."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    yield
    assert not [line for line in programs() if str(scratch) in line]
    assert folders(scratch) == []


async def test_a_page_is_measured_and_reaches_nothing_inside(world, recorder, engine, monkeypatch):
    monkeypatch.setenv("NATS_URL", "nats://outsend:secret@127.0.0.1")
    world.site.pages["/"] = page(POOR.replace("PORT", str(recorder.port)).encode(), Content_Type="text/html")
    found = await engine.measure("http://shop.example/", "mobile")
    assert 0 < found.performance <= 100
    assert 0 < found.accessibility < 90
    assert found.fcp_ms > 0 and found.lcp_ms >= found.fcp_ms
    assert found.inp_ms is None, "nobody clicked"
    assert "Des éléments d'image n'ont pas d'attribut `[alt]`" in found.suggestions
    assert len(found.suggestions) <= 10
    agents = {request.headers["user-agent"] for request in world.site.requests}
    assert all(agent.endswith(world.settings.user_agent.lower()) and "mobile" in agent for agent in agents), agents
    assert recorder.seen == []


async def test_a_page_that_never_rests_costs_its_time_and_no_more(world, engine, monkeypatch):
    monkeypatch.setattr(lighthouse, "_SECONDS", 6.0)
    world.site.pages["/"] = page(b"<script>for (;;) {}</script>")
    with pytest.raises(NotMeasured) as raised:
        await engine.measure("http://shop.example/", "desktop")
    assert raised.value.code == "not_measured"


async def test_an_item_that_is_given_up_leaves_nothing(world, engine):
    asked = asyncio.Event()

    async def held(_, writer):
        asked.set()
        await asyncio.sleep(60)
        return False

    world.site.pages["/"] = held
    work = asyncio.create_task(engine.measure("http://shop.example/", "mobile"))
    async with asyncio.timeout(20):
        await asked.wait()
    assert programs()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def _said(*_):
    """Nobody watches."""


@pytest.mark.slow
async def test_the_module_over_both_strategies(world):
    world.secure.pages["/"] = page(POOR.encode(), Content_Type="text/html")
    settings = world.but(pagespeed_engine="lighthouse")
    async with Fetcher(settings) as fetcher:
        context = Context(SPEC, settings, fetcher, _said)
        item = ItemRequested(job="j_1", tenant="u_1", job_type="pagespeed", index=0, item={"site_web": "shop.example"})
        found = (await process(item, context)).columns
        context.close()
    assert list(found) == SPEC.columns
    assert [name for name, value in found.items() if value is None] == ["inp_ms"]


async def test_a_site_that_cannot_be_had_starts_no_browser(world, monkeypatch):
    settings = world.but(pagespeed_engine="lighthouse", chromium="/nowhere/chromium")
    async with Fetcher(settings) as fetcher:
        context = Context(SPEC, settings, fetcher, _said)
        for site, code in (("http://gone.example/", "dns"), ("http://192.168.7.7/", "blocked_address")):
            item = ItemRequested(job="j_1", tenant="u_1", job_type="pagespeed", index=0, item={"site_web": site})
            with pytest.raises(Permanent) as raised:
                await process(item, context)
            assert raised.value.code == code
        context.close()


async def test_without_a_browser_it_says_so(world):
    engine = Lighthouse(world.but(chromium="/nowhere/chromium"))
    with pytest.raises(Unavailable, match="does not start"):
        await engine.measure("http://shop.example/", "mobile")
    await engine.aclose()


async def test_without_node_it_says_so(world, monkeypatch, tmp_path):
    broken = tmp_path / "lighthouse"
    broken.write_text("#!/nowhere/node\n")
    broken.chmod(0o755)
    engine = Lighthouse(world.but(lighthouse=str(broken)))
    with pytest.raises(Unavailable):
        await engine.measure("http://shop.example/", "mobile")
    await engine.aclose()
    assert os.access(broken, os.X_OK)
