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
from tests.world.inboxes.listing import inbox, write_listing
from tests.world.inboxes.mailbox import Mail, Mailbox
from tests.world.inboxes.server import ImapServer
from tests.world.mail.catalogue import HOSTS, cast
from tests.world.mail.world import MailWorld
from tests.world.pagespeed.insights import Insights
from tests.world.pagespeed.visitor import Visitor
from tests.world.places.overpass import Overpass
from tests.world.places.town import town
from tests.world.registers.bodacc import Bodacc
from tests.world.registers.odd import OddRegister
from tests.world.registers.register import register
from tests.world.world import World

MODULES = [spec for spec in load_manifests().values() if not spec.coming_soon and spec.takes_items and not spec.on_grid]
"""Those whose items are rows of the client's."""
GRID_MODULES = [spec for spec in load_manifests().values() if not spec.coming_soon and spec.on_grid]
"""Those whose items are tiles; see test_grid_modules."""

INBOX_MODULES = [spec for spec in load_manifests().values() if not spec.coming_soon and not spec.takes_items]
"""Those whose items are the deployment's seed inboxes; see test_inbox_modules."""


class Bench(Workshop):
    """A workshop for one module of the product."""

    spec: ModuleSpec
    world: World
    mail: MailWorld | None = None
    """Where the module's mail servers are, when it asks any."""
    register: OddRegister | None = None
    """The register of companies, when the module asks it."""
    cases: Cases

    def be_impatient(self) -> None:
        """Limits for what does not answer in any time."""
        self.settings = msgspec.structs.replace(self.settings, fetch_timeout=1.5, verify_timeout=1.5)
        self.spec = msgspec.structs.replace(self.spec, timeout=8)

    def run(self, process=None):
        return self.runner(process or load_process(self.spec), module=self.spec)

    async def outcome(self, *rows, job="j_1", **options):
        """The results of the rows, in their order."""
        await self.put(*rows, job=job, slug=self.spec.slug, **options)
        return sorted(await self.results(len(rows), job), key=lambda event: event.index)

    async def put_held(self) -> None:
        """Queue an item whose other side has been asked and does not answer yet; see `release`."""
        if self.mail is not None:
            await self.put(self.cases.silent, slug=self.spec.slug)
            async with asyncio.timeout(30):
                while not self.mail.ledger.visits:
                    await asyncio.sleep(0.01)
            return
        if self.register is not None:
            self.register.hold()
            await self.put(self.cases.good[0], slug=self.spec.slug)
            await asyncio.wait_for(self.register.asked.wait(), 30)
            return
        self.world.hold(self._host())
        await self.put(self.cases.good[0], slug=self.spec.slug)
        await asyncio.wait_for(self.world.wait_for_requests(self._host()), 30)

    def release(self) -> None:
        """The other side answers again; a mail server that says nothing is given up."""
        if self.register is not None:
            self.register.release()
        elif self.mail is None:
            self.world.release(self._host())

    def _host(self) -> str:
        return str(self.cases.good[0]["site_web"]).removeprefix("https://").rstrip("/")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World.start() as world:
        yield world


@pytest.fixture(params=MODULES, ids=lambda spec: spec.slug)
async def bench(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> AsyncIterator[Bench]:
    async with contextlib.AsyncExitStack() as stack:
        env, mail, companies = world.settings_env(), None, None
        if "email" in request.param.needs:
            mail = await stack.enter_async_context(MailWorld.start(*cast(), hosts=HOSTS))
            env = mail.settings_env(env)
        if request.param.slug == "legal_data":
            companies = await stack.enter_async_context(OddRegister(register()).serve())
            notices = await stack.enter_async_context(Bodacc(register()).serve())
            env |= {"OUTSEND_RECHERCHE_ENTREPRISES_URL": companies.url, "OUTSEND_RECHERCHE_ENTREPRISES_RATE": "1000"}
            env |= {"OUTSEND_BODACC_URL": f"{notices.url}/api/explore/v2.1", "OUTSEND_BODACC_RATE": "1000"}
        if request.param.slug == "pagespeed":
            visitor = await stack.enter_async_context(Visitor(world))
            env |= (await stack.enter_async_context(Insights(visitor=visitor).serve())).env
        bench = await stack.enter_async_context(_bench(request.param, env, tmp_path))
        bench.world, bench.mail, bench.register = world, mail, companies
        bench.cases = cases_for(request.param)
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


class InboxBench(Bench):
    """A bench whose world is a mail server with three seed inboxes."""

    server: ImapServer

    def seed(self, name: str) -> str:
        return f"{name}@gmail.com"

    def receive(self, name: str, mail: Mail) -> None:
        self.server.mailboxes[self.seed(name)].mails.append(mail)


@pytest.fixture(params=INBOX_MODULES, ids=lambda spec: spec.slug)
async def inbox_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[InboxBench]:
    seeds = [f"{name}@gmail.com" for name in ("one", "two", "three")]
    async with ImapServer([Mailbox(seed) for seed in seeds]) as server:
        listing = write_listing(tmp_path / "inboxes.toml", *(inbox(seed, server.port) for seed in seeds))
        env = {"OUTSEND_SEED_INBOXES": str(listing), "OUTSEND_DELIVERY_WAIT": "4"}
        async with _bench(request.param, env, tmp_path, attempts=100, kind=InboxBench) as bench:
            assert isinstance(bench, InboxBench)
            bench.server = server
            yield bench


@contextlib.asynccontextmanager
async def _bench(
    spec: ModuleSpec, env: dict[str, str], tmp_path: Path, *, attempts: int = 2, kind: type[Bench] = Bench
) -> AsyncIterator[Bench]:
    server = NatsServer(tmp_path / "nats").start()
    quick = {"OUTSEND_FETCH_TIMEOUT": "4", "OUTSEND_VERIFY_TIMEOUT": "4", "OUTSEND_VERIFY_RETRY_DELAY": "0.1"}
    settings = Settings.from_env(env | quick | {"NATS_URL": server.url})
    client = await connect(settings, "bench")
    bench = kind(client, settings)
    # Time limits for machines, though busy ones, not for sites of the real internet.
    bench.spec = msgspec.structs.replace(spec, timeout=20, attempts=attempts, concurrency=8)
    await bench.open()
    await bench.add_consumer(bench.spec.slug)
    yield bench
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bench.close(), 10)
    with contextlib.suppress(OSError):
        await client.close()
    server.kill()
