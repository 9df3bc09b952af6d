"""`outsend up`: the embedded stack in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from deploy.ports import Ports
from deploy.stack import Stack
from shared.settings import Settings

Say = Callable[[str], None]


async def up(settings: Settings, *, ports: Ports, nats_url: str, mongodb_url: str, say: Say) -> None:
    """Run the stack and tell the operator what matters. Raises StackError, PortTaken, PlaceTaken.

    The first signal stops everything in order: workers finish what they hold, within `drain_timeout` seconds.
    The second one ends this process at once, and with it every child.
    """
    stack = Stack(settings, ports=ports, nats_url=nats_url, mongodb_url=mongodb_url, say=say)
    stop = _stop_on_signals(say)
    starting = asyncio.create_task(stack.__aenter__())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        starting.cancel()  # what it has started it stops again
    with contextlib.suppress(asyncio.CancelledError):
        await starting
        _introduce(stack, say)
        await stopped
        await stack.__aexit__(None, None, None)
    say("Everything is stopped; the next `outsend up` goes on from here.")


def _introduce(stack: Stack, say: Say) -> None:
    settings = stack.settings
    say(f"Outsend is ready at {stack.url} (API reference: {stack.url}/schema)")
    say(f"Data: {settings.data_dir}, logs: {settings.data_dir / 'logs'}")
    if not settings.smtp_host:
        say("No OUTSEND_SMTP_HOST is set: verification links are not mailed but written to logs/edge.log")
    say("Ctrl-C stops everything.")


def _stop_on_signals(say: Say) -> asyncio.Event:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(130)  # children die with us
        say("Stopping: workers finish what they hold (once more to stop at once) ...")
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    return stop
