"""Items that were in work when a worker died.

When a worker dies, everything it held is delivered again, and one of those items may have killed it. Suspects run one
at a time, each with a mark that is raised before and taken down after: so the mark that stays names the killer,
and its neighbours are never convicted.
"""

from __future__ import annotations

import asyncio

from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

from contracts.items import ItemRequested
from shared.messaging.pull import BROKEN

CONVICTED = 2
"""Marks left behind. One may be bad luck: a worker that was killed for another reason while the suspect ran."""


class Suspects:
    """The marks, in KV `suspects`, so that every worker sees them."""

    def __init__(self, kv: KeyValue) -> None:
        self._kv = kv

    async def raise_mark(self, item: ItemRequested) -> bool:
        """Mark the item. False: enough workers died of it already. Waits while the broker is away."""
        key = _key(item)
        while True:
            try:
                marks = await self._marks(key)
                if marks >= CONVICTED:
                    return False
                await self._kv.put(key, str(marks + 1).encode())
                return True
            except BROKEN:
                await asyncio.sleep(0.5)

    async def take_down(self, item: ItemRequested) -> None:
        """The item ran to its end; it is suspected no more. Waits while the broker is away."""
        while True:
            try:
                await self._kv.delete(_key(item))
                return
            except BROKEN:
                await asyncio.sleep(0.5)

    async def _marks(self, key: str) -> int:
        try:
            entry = await self._kv.get(key)
        except KeyNotFoundError:
            return 0
        return int(entry.value or b"0")


def _key(item: ItemRequested) -> str:
    return f"{item.job}.{item.index}.{item.part}" if item.part else f"{item.job}.{item.index}"
