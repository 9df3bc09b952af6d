"""What a module is: one function from an item to a result, and what it is given to work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

import msgspec

from contracts.events import Level, PlaceFound
from contracts.items import ItemRequested
from contracts.manifest import ModuleSpec
from shared.modulekit.errors import Permanent, Retryable
from shared.modulekit.told_once import ToldOnce
from shared.net.answers import Answers
from shared.net.client import Fetcher, FetchError, Response
from shared.net.upstream import Quotas
from shared.settings import Settings

T = TypeVar("T")

ATTEMPT: ContextVar[int] = ContextVar("attempt", default=1)
"""Which try at its item the running call is."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a module found for one item."""

    columns: dict[str, Any] = {}
    """Produced columns; those left out are null."""
    rows: list[dict[str, Any]] | None = None
    """For modules that make several rows of an item: the produced columns of each; then `columns` is not read."""
    report: dict[str, Any] | msgspec.Raw | None = None
    """The full report, where the module makes one; a large one as JSON, which the module writes off the loop."""
    places: list[PlaceFound] = []
    """Of a module that searches a grid: the place of each row, in the rows' order."""
    capped: bool = False
    """… the source gave as many places as it ever gives."""
    split: list[dict[str, Any]] = []
    """… the items that go on in this one's place."""


class Context:
    """The world as a module may see it. One per module and process."""

    def __init__(
        self,
        spec: ModuleSpec,
        settings: Settings,
        fetcher: Fetcher,
        log: Callable[[ItemRequested, Level, str], Awaitable[None]],
        *,
        quotas: Quotas | None = None,
        answers: Answers | None = None,
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.fetcher = fetcher
        """The only way out: guarded, polite, cached."""
        self.quotas = quotas
        """Where processes share the limits of outside APIs; None: there is this process alone."""
        self.answers = answers
        """What outside APIs answered before, whoever asked; None: nothing is remembered."""
        self._log = log
        self._told = ToldOnce()
        # More threads than processors would only make pages wait for each other.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix=spec.slug)

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Run CPU-heavy work off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    async def fetch_site(self, site: str) -> Response:
        """The home page of a `site_web`, whatever its status. Raises Retryable or Permanent."""
        try:
            # A second attempt must not be answered with the failure of the first out of the cache.
            return await self.fetcher.get_site(site, fresh=ATTEMPT.get() > 1)
        except FetchError as error:
            raise module_error(error) from None

    async def log(self, item: ItemRequested, level: Level, message: str) -> None:
        """A line for the person who watches the job."""
        await self._log(item, level, message)

    async def log_once(self, item: ItemRequested, level: Level, message: str) -> None:
        """A line that this process tells the item's job once, however many of its items could."""
        if self._told.is_news(item.job, message):
            await self._log(item, level, message)

    def close(self) -> None:
        """Let go of the threads; work in them is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def module_error(error: FetchError) -> Retryable | Permanent:
    """What a page that could not be had means for its item."""
    return (Retryable if error.retryable else Permanent)(error.code, error.message)


class Process(Protocol):
    """A module's entry point. Raises ModuleError; anything else counts as a bug of the module."""

    async def __call__(self, item: ItemRequested, context: Context) -> Result:
        """Turn one item into one result."""
        ...
