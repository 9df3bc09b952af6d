"""A Chromium for one measurement, which Lighthouse drives through a port on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog

from services.pagespeed.processes import program
from shared.chromium.program import HELD_WRAPPER, arguments, environment

_log = structlog.get_logger(__name__)

_START_SECONDS = 15.0
_LOOK_EVERY = 0.05
_PORT_FILE = "DevToolsActivePort"
"""In the profile; its first line is the port."""

_SWITCHES = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--remote-debugging-pipe",  # held.sh says what for
    # What Lighthouse starts its own browser with, as far as it changes what is measured or keeps windows away:
    # https://github.com/GoogleChrome/chrome-launcher/blob/main/docs/chrome-flags-for-tools.md
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-hang-monitor",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
    "--metrics-recording-only",
)


class BrowserError(Exception):
    """The browser does not start; the message says why."""


@contextlib.asynccontextmanager
async def browser(chromium: str, folder: str, proxy: str, more: Sequence[str] = ()) -> AsyncIterator[int]:
    """The port of a new browser that reaches `proxy` alone and keeps its profile in the folder. Raises BrowserError.

    `more` are further switches. Chromium's own sandbox is used where the system allows one: not to root, and not in
    most containers.
    """
    switches = [*_SWITCHES, *arguments(proxy), *more]
    async with contextlib.AsyncExitStack() as stack:
        port = None
        if os.geteuid() != 0:
            port = await _start(stack, chromium, folder, switches)
            if port is None:
                _log.warning("chromium_without_sandbox")
        if port is None:
            port = await _start(stack, chromium, folder, [*switches, "--no-sandbox"])
        if port is None:
            raise BrowserError("Chromium does not start.")
        yield port


async def _start(stack: contextlib.AsyncExitStack, chromium: str, folder: str, switches: list[str]) -> int | None:
    """Its port; None: it ended, or opened none in time."""
    profile = Path(folder) / "profile"
    argv = [str(HELD_WRAPPER), *switches, f"--user-data-dir={profile}", "about:blank"]
    try:
        process = await stack.enter_async_context(program(argv, environment(chromium, folder), folder))
    except OSError:
        return None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_START_SECONDS):
            while process.returncode is None:
                if (port := _port(profile / _PORT_FILE)) is not None:
                    return port
                await asyncio.sleep(_LOOK_EVERY)
    return None


def _port(file: Path) -> int | None:
    """The file is there before it is written to its end."""
    with contextlib.suppress(OSError, ValueError):
        line, end, _ = file.read_text("ascii").partition("\n")
        return int(line) if end else None
    return None
