"""Generations of views. A document in the settings' own database points at the live one, `<name>_<n>`.

`outsend rebuild` fills the next generation beside the live one and moves the pointer. The generation before stays
until the next rebuild, so that reads that are under way end well.
"""

from __future__ import annotations

import re

from shared.settings import Settings
from shared.store.driver import Driver
from shared.store.views import Views


class Store:
    """The views of a deployment. Every method raises StoreUnavailable."""

    def __init__(self, driver: Driver, name: str) -> None:
        self._driver = driver
        self._name = name
        self._pointer = driver.collection(name, "pointer")
        self._views: Views | None = None

    async def current(self, *, fresh: bool = False) -> Views:
        """The live views as this process knows them; `fresh` looks whether the pointer has moved."""
        if self._views is None or fresh:
            database = await self._live()
            if self._views is None or self._views.database != database:
                self._views = Views(self._driver, database)
        return self._views

    async def begin(self) -> Views:
        """A new, empty generation beside the live one; what others left behind is removed."""
        live = await self._live()
        pattern = re.compile(rf"{re.escape(self._name)}_(\d+)")
        for database in await self._driver.databases():
            if pattern.fullmatch(database) and database != live:
                await self._driver.drop(database)
        views = Views(self._driver, f"{self._name}_{int(live.rpartition('_')[2]) + 1}")
        await views.prepare()
        return views

    async def go_live(self, views: Views) -> None:
        """Point at this generation from now on."""
        await self._pointer.put({"_id": "live", "database": views.database})
        self._views = views

    async def ping(self) -> None:
        """Whether MongoDB answers."""
        await self._driver.ping()

    def close(self) -> None:
        """End the connection."""
        self._driver.close()

    async def _live(self) -> str:
        document = await self._pointer.get("live")
        return document["database"] if document else f"{self._name}_1"


def open_store(settings: Settings, *, timeout: float = 3.0, fail_fast: bool = True) -> Store:
    """A connection for reads (short timeout, a dead server is reported at once), or for the projector.

    Nothing is asked of the server yet.
    """
    driver = Driver(settings.mongodb_url, timeout=timeout, fail_fast=fail_fast)
    return Store(driver, settings.mongodb_database)
