"""A module that misbehaves as the item asks, in its key `do`; without it the item goes well.

raise        a bug of the module
permanent    the module gives the item up
retry N      Retryable, N times, then it goes well
hang         never ends; the item's timeout ends it
swallow      as hang, and it refuses to be cancelled
block        the event loop stands still for ever
exit         the process is gone at once
exit once    the process is gone at the first attempt; needs `path`, a file that remembers
sleep N      N milliseconds
report N     a report of N kilobytes
rows N       N rows instead of one
"""

import asyncio
import contextlib
import os
import time
from pathlib import Path

from contracts.items import ItemRequested
from shared.modulekit.errors import Permanent, Retryable
from shared.modulekit.module import ATTEMPT, Context, Result


async def process(item: ItemRequested, context: Context) -> Result:  # noqa: C901 - a table
    if item.options.get("mode") == "loud":
        await context.log(item, "info", f"here comes {item.item.get('nom')}")
    what, _, number = str(item.item.get("do") or "").partition(" ")
    name = item.item.get("nom")
    columns = {"echo": str(name).upper() if item.options.get("shout") else name, "attempt": ATTEMPT.get()}
    match what:
        case "raise":
            raise RuntimeError("a bug of the module")
        case "permanent":
            raise Permanent("gone", "There is nothing to be had")
        case "retry" if ATTEMPT.get() <= int(number):
            raise Retryable("busy", "The other side is busy", retry_after=0.05)
        case "hang":
            await asyncio.Event().wait()
        case "swallow":
            while True:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
        case "block":
            time.sleep(3600)
        case "exit":
            _exit(item.item.get("path") if number == "once" else None)
        case "sleep":
            await asyncio.sleep(int(number) / 1000)
        case "report":
            return Result(columns=columns, report={"filler": "x" * (int(number) * 1024)})
        case "rows":
            return Result(rows=[columns | {"attempt": position} for position in range(int(number))])
    return Result(columns=columns)


def _exit(remembers: str | None) -> None:
    if remembers is not None:
        if Path(remembers).exists():
            return
        Path(remembers).touch()
    os._exit(66)
