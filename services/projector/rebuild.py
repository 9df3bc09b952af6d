"""Make the views again from the log, in a new database beside the live one, then swap the pointer.

The live views stay and go on being projected meanwhile. No lease is taken: once the new generation has caught up, the
pointer moves; the acting projector looks at the pointer before each batch (and every second), sees it, and goes on in
the new generation from that one's own checkpoint. The old generation stays until the next rebuild, for reads that are
under way.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import msgspec

from services.projector.materialise import Materialiser
from services.projector.projection import FOLDED_SUBJECTS, Fold
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from shared.settings import Settings
from shared.store import JobView, Store, Views, open_store


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did."""

    database: str
    """The generation that is live now."""
    sequence: int
    """The log sequence up to which it was complete when it went live."""


async def rebuild(settings: Settings, *, say: Callable[[str], None] = lambda _: None) -> Rebuilt:
    """Rebuild and swap. `say` is told how it goes. Raises StoreUnavailable, LogUnavailable, ViewsMoved (when another
    rebuild runs); the live views are untouched then."""
    client = await connect(settings, "rebuild")
    store = open_store(settings, timeout=60.0, fail_fast=False)
    try:
        return await _rebuild(EventLog(client, "rebuild"), store, say)
    finally:
        store.close()
        await client.close()


async def _rebuild(log: EventLog, store: Store, say: Callable[[str], None]) -> Rebuilt:
    views = await store.begin()
    say(f"Filling {views.database}.")
    position = await _first_pass(log, views, say)
    async with Materialiser(log, views, may_publish=_always) as materialiser:
        for view in (await views.unfinished()).values():
            materialiser.begin(view)
        fold = Fold(log, views, materialiser, position)
        # What the live views can show, the new ones must be able to show as well. Each pass takes in what came during
        # the one before, so passes become short; on a busy log the last moment's events are left to the projector.
        took = _SHORT
        while took >= _SHORT:
            began = time.monotonic()
            await _catch_up(log, fold, say)
            await materialiser.idle()
            took = time.monotonic() - began
    await store.go_live(views)
    say(f"{views.database} is live.")
    return Rebuilt(views.database, fold.position)


_SHORT = 1.0
"""Seconds of a pass: after one this short the new views are about that far behind, and the pointer moves."""


class _NotYet:
    """Lays nothing out: what has expired since has no results in the log, and what was deleted needs none."""

    def begin(self, view: JobView) -> None:
        """Later, if the job is still unfinished then."""

    async def forget(self, job: str) -> None:
        """There is nothing to stop."""


async def _first_pass(log: EventLog, views: Views, say: Callable[[str], None]) -> int:
    fold = Fold(log, views, _NotYet(), 0)
    await _catch_up(log, fold, say)
    return fold.position


async def _catch_up(log: EventLog, fold: Fold, say: Callable[[str], None]) -> None:
    """Fold up to where the log ends now; under steady writing its end is never reached."""
    end = await log.last_sequence()
    tail = log.tail(*FOLDED_SUBJECTS, after=fold.position)
    async with contextlib.aclosing(tail.batches(until_caught_up=True)) as batches:
        async for batch in batches:
            await fold.apply(batch)
            say(f"Folded up to {fold.position} of {end}.")
            if fold.position >= end:
                break


async def _always() -> bool:
    return True
