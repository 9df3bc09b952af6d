"""A real Chromium before real pages, hostile ones among them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from services.brand_assets.screenshots import browser
from services.brand_assets.screenshots.browser import HEIGHT, WIDTH, ScreenshotError, Screenshots
from shared.modulekit.clock import CLOCK, AttemptClock
from shared.screenshots import find_chromium
from shared.settings import Settings
from tests.integration.brand_assets.recorder import Recorder
from tests.unit.net.servers import page, redirect
from tests.unit.net.world import World

pytestmark = pytest.mark.skipif(
    find_chromium(Settings()) is None, reason="no Chromium: apt-get install chromium (deploy/setup.sh does it for root)"
)
HOSTILE = (Path(__file__).parent / "hostile.html").read_text("utf-8")
RED = b"<!doctype html><style>html { background: #E4002B }</style><title>red</title>"


@pytest.fixture
async def world(tmp_path):
    world = World(tmp_path)
    await world.start()
    world.site.pages["/"] = page(RED)
    yield world
    await world.stop()


@pytest.fixture
async def recorder():
    recorder = Recorder()
    await recorder.start()
    yield recorder
    recorder.stop()


@pytest.fixture
async def shots(world, recorder):
    """With the recorder's port allowed: only its address stands in the way."""
    world.dns.records["inside.example"] = [["127.0.0.1"]]
    shots = Screenshots(world.but(egress_ports=[80, 443, recorder.port]))
    yield shots
    await shots.aclose()


def colour(png, at=(640, 400)):
    return Image.open(io.BytesIO(png)).convert("RGB").getpixel(at)


async def test_a_page_as_a_desktop_shows_it(shots):
    png = await shots.take("http://shop.example/")
    assert Image.open(io.BytesIO(png)).size == (WIDTH, HEIGHT)
    assert colour(png) == (0xE4, 0x00, 0x2B)


async def test_https_and_scripts(world, shots):
    world.secure.pages["/"] = page(b"<body><script>document.body.style.background = '#0033A0'</script>")
    assert colour(await shots.take("https://shop.example/")) == (0x00, 0x33, 0xA0)


def lay_trap(site, port):
    """The hostile page; its load ends when its scripts say that they have tried everything."""
    tried = asyncio.Event()

    async def heard(_, writer):
        tried.set()
        writer.write(page(b""))
        return True

    async def held(_, writer):
        await tried.wait()
        writer.write(page(b"", "404 Not Found"))
        return True

    site.pages |= {
        "/": page(HOSTILE.replace("PORT", str(port)).encode()),
        "/to-inside": redirect(f"http://127.0.0.1:{port}/redirected"),
        "/worker.js": page(f"fetch('http://127.0.0.1:{port}/service-worker')".encode(), Content_Type="text/javascript"),
        "/tried": heard,
        "/held.png": held,
    }
    return tried


@pytest.mark.parametrize("script", [browser._NO_PEERS, ""], ids=["as it is", "by the switches alone"])
async def test_a_hostile_page_reaches_nothing(world, recorder, shots, monkeypatch, script):
    monkeypatch.setattr(browser, "_NO_PEERS", script)
    tried = lay_trap(world.site, recorder.port)
    await shots.take("http://shop.example/")
    assert tried.is_set()
    assert "/to-inside" in world.site.targets(), "what is allowed went out"
    assert recorder.seen == []


async def test_the_same_page_in_a_browser_without_guard_reaches_a_lot(world, recorder):
    """Or the test above would prove nothing."""
    from playwright.async_api import async_playwright

    tried = lay_trap(world.site, recorder.port)
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=find_chromium(Settings()), args=["--no-sandbox"])
        opened = await chromium.new_page()
        await opened.goto(f"http://127.0.0.1:{world.site.port}/", wait_until="commit")
        async with asyncio.timeout(20):
            await tried.wait()
        await chromium.close()
    seen = " ".join(recorder.seen)
    for what in ("/img", "/fetch", "/socket", "/redirected", "/frame", "/worker", "udp"):
        assert what in seen, what


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://inside.example:{port}/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "about:blank",
        "chrome://version",
    ],
)
async def test_addresses_that_are_not_shown(recorder, shots, url):
    with pytest.raises(ScreenshotError):
        await shots.take(url.format(port=recorder.port))
    assert recorder.seen == []


async def test_a_redirect_inside_is_not_shown(world, recorder, shots):
    world.site.pages["/"] = redirect(f"http://127.0.0.1:{recorder.port}/")
    with pytest.raises(ScreenshotError):
        await shots.take("http://shop.example/")
    assert recorder.seen == []


async def test_an_error_page_is_not_shown(world, shots):
    world.site.pages["/"] = page(b"gone", "404 Not Found")
    with pytest.raises(ScreenshotError, match="404"):
        await shots.take("http://shop.example/")


async def test_a_page_that_never_rests_costs_its_time_and_no_more(world, shots, monkeypatch):
    monkeypatch.setattr(browser, "_SECONDS", 4.0)
    world.site.pages["/"] = page(b"<script>for (;;) {}</script>")
    with pytest.raises(ScreenshotError):
        await shots.take("http://shop.example/")
    world.site.pages["/"] = page(RED)
    assert colour(await shots.take("http://shop.example/")) == (0xE4, 0x00, 0x2B)


async def test_pages_that_wait_for_the_browser_lose_no_time_of_their_own(world, shots):
    gate = asyncio.Event()

    async def held(_, writer):
        await gate.wait()
        writer.write(page(RED))
        return True

    world.site.pages["/held"] = held
    ahead = [asyncio.create_task(shots.take("http://shop.example/held")) for _ in range(2)]
    while len(world.site.requests) < 2:
        await asyncio.sleep(0.02)
    CLOCK.set(clock := AttemptClock(60))
    behind = asyncio.create_task(shots.take("http://shop.example/"))
    await asyncio.sleep(0)
    stands_at = clock.left()
    await asyncio.sleep(0.5)
    assert clock.left() == stands_at
    gate.set()
    for one in (*ahead, behind):
        assert colour(await one) == (0xE4, 0x00, 0x2B)


async def test_a_page_gets_only_so_much_memory(world, shots):
    greedy = "const kept = []; for (let i = 0; i < 60; i++) kept.push(new Uint8Array(1 << 26).fill(i))"
    script = f"try {{ {greedy} }} catch (error) {{ document.documentElement.style.background = '#0033A0' }}"
    world.site.pages["/"] = page(RED + f"<script>{script}</script>".encode())
    assert colour(await shots.take("http://shop.example/")) == (0x00, 0x33, 0xA0), "4 GB were refused"


async def test_a_page_loads_no_more_than_its_share(world, shots, monkeypatch):
    monkeypatch.setattr(browser, "_MAX_BYTES", 200_000)
    sent = 0

    async def endless(_, writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n")
        while sent < 50_000_000:
            writer.write(bytes(10_000))
            await writer.drain()
            sent += 10_000
        return False

    world.site.pages["/"] = page(RED + b"<img src='/endless.png'>")
    world.site.pages["/endless.png"] = endless
    await shots.take("http://shop.example/")
    assert sent < 20_000_000, "what was sent lies in the buffers of sockets"


async def test_dialogs_and_popups_do_not_matter(world, shots):
    body = b"<script>alert(1); confirm(2); print(); window.onbeforeunload = () => 1; open('/')</script>"
    world.site.pages["/noisy"] = page(RED + body)
    assert colour(await shots.take("http://shop.example/noisy")) == (0xE4, 0x00, 0x2B)


async def test_pages_do_not_see_one_another(world, shots):
    check = b"<script>document.body.style.background = document.cookie ? '#000' : '#0033A0'; document.cookie = 'a=1'</script>"
    world.site.pages["/"] = page(b"<body>" + check)
    for _ in range(2):
        assert colour(await shots.take("http://shop.example/")) == (0x00, 0x33, 0xA0)


async def test_a_browser_that_dies_is_replaced(shots):
    await shots.take("http://shop.example/")
    for pid in chromiums():
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ScreenshotError):
        await shots.take("http://shop.example/")
    assert colour(await shots.take("http://shop.example/")) == (0xE4, 0x00, 0x2B)


def chromiums():
    """Browsers that this test process started, by their parents up to us."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = stat.read_text().partition(" (")
        except OSError:
            continue
        name, _, fields = rest.rpartition(") ")
        parents[int(pid)] = (int(fields.split()[1]), name)
    found = []
    for pid, (_, name) in parents.items():
        above = pid
        while above in parents and above != os.getpid():
            above = parents[above][0]
        if above == os.getpid() and name.startswith("chromium"):
            found.append(pid)
    return found


async def test_chromium_gets_nothing_of_our_environment(shots, monkeypatch):
    monkeypatch.setenv("NATS_URL", "nats://outsend:secret@127.0.0.1")
    await shots.take("http://shop.example/")
    read = []
    for pid in chromiums():
        with contextlib.suppress(OSError):  # a process that has just ended
            read.append(Path(f"/proc/{pid}/environ").read_bytes())
    assert any(read)
    assert not any(b"secret" in environment for environment in read)


async def test_without_chromium_it_says_so(world):
    shots = Screenshots(world.but(chromium="/nowhere/chromium"))
    with pytest.raises(ScreenshotError, match="does not start"):
        await shots.take("http://shop.example/")
    await shots.aclose()
