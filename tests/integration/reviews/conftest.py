"""The module over the scripted Google Places and the scripted internet."""

from __future__ import annotations

import msgspec
import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.reviews.extract import process
from shared.modulekit.module import ATTEMPT, Context
from shared.net.client import Fetcher
from shared.settings import Settings
from tests.world.places.google import KEY, GooglePlaces
from tests.world.places.town import town
from tests.world.world import World

SPEC = load_manifests()["reviews"]
TOWN = "37000 Tours"


@pytest.fixture(scope="session")
def people():
    """Two hundred businesses around one place; those with odd numbers have three reviews each."""
    return town(3, 200)


@pytest.fixture
async def google(people):
    async with GooglePlaces(people, TOWN).serve() as api:
        yield api
        assert not api.violations


@pytest.fixture
async def world():
    async with World.start() as world:
        yield world


class Work:
    """`work(**item)` gives the module's result, `work.lines` what it told the job."""

    def __init__(self, settings):
        self.lines = []
        self._fetcher = Fetcher(settings)
        self._context = Context(SPEC, settings, self._fetcher, self._log)

    async def __call__(self, *, attempt=1, job="j_1", **item):
        ATTEMPT.set(attempt)
        asked = ItemRequested(job=job, tenant="u_1", job_type="reviews", index=0, item=item)
        return (await process(asked, self._context)).rows

    async def close(self):
        self._context.close()
        await self._fetcher.aclose()

    async def _log(self, item, level, message):
        self.lines.append((item.job, level, message))


@pytest.fixture
async def work(google, world):
    """With a key, over sites that answer within a second and a half."""
    settings = Settings.from_env(world.settings_env() | {"OUTSEND_FETCH_TIMEOUT": "1.5"})
    with_key = {"google_places_url": google.url, "google_places_key": KEY, "google_places_rate": 1000.0}
    working = Work(msgspec.structs.replace(settings, **with_key))
    yield working
    await working.close()


@pytest.fixture
async def keyless(world):
    working = Work(Settings.from_env(world.settings_env() | {"OUTSEND_FETCH_TIMEOUT": "1.5"}))
    yield working
    await working.close()
