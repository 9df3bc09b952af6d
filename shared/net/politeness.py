"""Being a good guest: few requests at once to one host, and time between its pages.

What a page brings along comes as to a browser, without a pause of ours: robots.txt, pictures, a manifest. A
`Crawl-delay` is the host's own word, and holds for all that is asked once it is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager

_SHARED_CONCURRENCY = 16
"""Requests at once to a host that serves the whole web."""
MAX_CRAWL_DELAY = 5.0
"""Seconds. A site may ask for more; honouring that would hold an item for longer than it may live."""
_FIRST_SWEEP = 1024


class _Host:
    __slots__ = ("free_at", "page", "page_free_at", "slots", "users")

    def __init__(self, concurrency: int) -> None:
        self.slots = asyncio.Semaphore(concurrency)
        self.page = asyncio.Lock()
        """Of the page whose turn is next: one that waits for its time holds no slot."""
        self.page_free_at = 0.0
        self.free_at = 0.0
        """By the host's own word, for all requests."""
        self.users = 0

    def is_needed(self, now: float) -> bool:
        return self.users > 0 or max(self.free_at, self.page_free_at) > now


class Politeness:
    """Turns per host name: at most `concurrency` at once, the starts of pages at least `delay` seconds apart.

    A host that nobody waits for and whose delay has passed is forgotten, so memory follows the
    hosts in work, not the hosts ever seen.
    """

    def __init__(self, delay: float, concurrency: int = 2, *, shared_hosts: Collection[str] = ()) -> None:
        self._delay = delay
        self._shared_hosts = frozenset(shared_hosts)
        """Hosts that serve the whole web and ask for no delay: the pages of a thousand sites would wait for them."""
        self._concurrency = concurrency
        self._hosts: dict[str, _Host] = {}
        self._sweep_at = _FIRST_SWEEP

    def __len__(self) -> int:
        return len(self._hosts)

    @asynccontextmanager
    async def turn(self, host: str, crawl_delay: float | None = None, *, embedded: bool = False) -> AsyncIterator[None]:
        """Wait for this host's next turn and hold it. `crawl_delay` (seconds) is what robots.txt asks.

        `embedded`: no page but what comes with one.
        """
        own = 0.0 if host in self._shared_hosts else self._delay
        asked = min(crawl_delay or 0.0, MAX_CRAWL_DELAY)
        loop = asyncio.get_running_loop()
        entry = self._entry(host, loop.time())
        entry.users += 1
        try:
            async with AsyncExitStack() as first:
                if not embedded:
                    await first.enter_async_context(entry.page)
                    await _until(entry.page_free_at)
                async with entry.slots:
                    start = max(loop.time(), entry.free_at)
                    entry.free_at = start + asked
                    if not embedded:
                        entry.page_free_at = start + own
                    await _until(start)
                    await first.aclose()
                    yield
        finally:
            entry.users -= 1

    def _entry(self, host: str, now: float) -> _Host:
        if len(self._hosts) >= self._sweep_at:
            self._hosts = {name: entry for name, entry in self._hosts.items() if entry.is_needed(now)}
            self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._hosts))
        if host not in self._hosts:
            self._hosts[host] = _Host(_SHARED_CONCURRENCY if host in self._shared_hosts else self._concurrency)
        return self._hosts[host]


async def _until(moment: float) -> None:
    """Sleep until then, in the loop's time. Costs nothing where it has passed, as for most hosts it has."""
    pause = moment - asyncio.get_running_loop().time()
    if pause > 0:
        await asyncio.sleep(pause)
