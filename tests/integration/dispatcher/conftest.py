"""An office of each test's own. What the dispatcher checks every five seconds it checks more often here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from nats.aio.client import Client

from services.dispatcher import dispatcher
from shared.settings import Settings
from tests.integration.dispatcher.office import Office
from tests.integration.messaging.conftest import client, log, server
from tests.integration.messaging.conftest import settings as plain_settings

__all__ = ["client", "log", "plain_settings", "server"]

MODULES = Path(__file__).parents[2] / "modules"


@pytest.fixture
def settings(plain_settings: Settings) -> Settings:
    return msgspec.structs.replace(plain_settings, module_folders=[MODULES], drain_timeout=1.0)


@pytest.fixture
async def office(
    client: Client,
    log: object,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Office]:
    monkeypatch.setattr(dispatcher, "_WATCH_EVERY", 0.4)
    office = Office(client, settings)
    yield office
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(office.close(), 15)
