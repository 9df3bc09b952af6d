"""One Chromium for a worker process, started when it is first needed; a context of its own for each page."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

import structlog

from shared.chromium.gate import Gate
from shared.chromium.program import WRAPPER, arguments, environment
from shared.chromium.proxy import Proxy
from shared.modulekit.clock import waiting_in_line
from shared.screenshots import NOT_INSTALLED, find_chromium
from shared.settings import Settings

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright

_log = structlog.get_logger(__name__)

WIDTH, HEIGHT = 1280, 800
_WEB = ("http://", "https://")
_PAGES_AT_ONCE = 2
_SECONDS = 20.0
"""For one page, everything included."""
_LOAD_SECONDS = 8.0
"""Until `load`; a page that still loads then is taken as it is."""
_SETTLE_SECONDS = 0.4
"""For what fades in after `load`."""
_CLOSE_SECONDS = 5.0
_MAX_BYTES = 30 * 1024 * 1024
"""Over the network, for one page."""
_PAGES_PER_BROWSER = 500
_DEAD_PROXY = "http://127.0.0.1:9"
"""What the browser itself would use: its pages have proxies of their own, and nothing else is to go out."""

_NO_PEERS = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection; delete window.WebTransport;"
"""Pages have no use for peer connections here. The browser's switches hold without it; it spares their attempts."""


class ScreenshotError(Exception):
    """There is no picture of this page; the message says why."""


class Screenshots:
    """Takes pictures of pages. One per worker process, used from its event loop alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(_PAGES_AT_ONCE)
        self._starting = asyncio.Lock()
        self._closing = contextlib.AsyncExitStack()
        self._gate: Gate | None = None
        self._browser: Browser | None = None
        self._taken = 0
        self._in_work = 0

    @property
    def unavailable(self) -> str | None:
        """Why none can be taken here, in a sentence; None: they can."""
        return None if find_chromium(self._settings) else NOT_INSTALLED

    async def take(self, url: str) -> bytes:
        """A PNG of the top of the page as a desktop shows it, WIDTH x HEIGHT. Raises ScreenshotError.

        The wait for the browser costs an item none of its time: a job brings more pages than are drawn meanwhile.
        """
        if not url.startswith(_WEB):
            raise ScreenshotError("Only http and https addresses can be shown.")
        with waiting_in_line():
            await self._slots.acquire()
        try:
            browser, gate = await self._ready()
            self._taken += 1
            self._in_work += 1
            try:
                async with asyncio.timeout(_SECONDS):
                    return await self._picture(browser, gate, url)
            except TimeoutError:
                raise ScreenshotError(f"The page was not drawn within {_SECONDS:g} seconds.") from None
            finally:
                self._in_work -= 1
        finally:
            self._slots.release()

    async def aclose(self) -> None:
        """End the browser; the next picture would start another."""
        async with self._starting:
            await self._end()

    async def _picture(self, browser: Browser, gate: Gate, url: str) -> bytes:
        from playwright.async_api import Error

        async with Proxy(gate, max_bytes=_MAX_BYTES) as proxy:
            try:
                context = await browser.new_context(
                    viewport={"width": WIDTH, "height": HEIGHT},
                    proxy={"server": proxy.address},
                    user_agent=self._settings.user_agent,
                    locale="fr-FR",
                    accept_downloads=False,
                    service_workers="block",
                    # Chromium cannot be told of an authority; the page itself was fetched and checked before.
                    ignore_https_errors=bool(self._settings.egress_ca_file),
                )
            except Error as error:
                await self.aclose()
                raise ScreenshotError(f"The browser opens no page: {_first_line(error)}") from None
            try:
                await context.add_init_script(_NO_PEERS)
                return await _shoot(await context.new_page(), url)
            except Error as error:
                raise ScreenshotError(f"The page could not be drawn: {_first_line(error)}") from None
            finally:
                await self._leave(context)

    async def _leave(self, context: BrowserContext) -> None:
        """Close a page's context; a browser that cannot is ended, and the next page gets another."""
        from playwright.async_api import Error

        closing = asyncio.ensure_future(context.close())
        done, _ = await asyncio.wait({closing}, timeout=_CLOSE_SECONDS)
        if not done or isinstance(closing.exception(), Error):
            closing.cancel()
            await self.aclose()

    async def _ready(self) -> tuple[Browser, Gate]:
        async with self._starting:
            is_worn = self._taken >= _PAGES_PER_BROWSER and not self._in_work
            if self._browser is None or not self._browser.is_connected() or is_worn:
                await self._end()
                self._gate, self._browser = await self._start()
            assert self._gate is not None
            return self._browser, self._gate

    async def _end(self) -> None:
        closing, self._closing = self._closing, contextlib.AsyncExitStack()
        self._browser, self._gate, self._taken = None, None, 0
        with contextlib.suppress(Exception):  # of a process that is to go in any case
            async with asyncio.timeout(_CLOSE_SECONDS):
                await closing.aclose()

    async def _start(self) -> tuple[Gate, Browser]:
        program = find_chromium(self._settings)
        if program is None:
            raise ScreenshotError(NOT_INSTALLED)
        try:
            from playwright.async_api import Error, async_playwright
        except ImportError:
            raise ScreenshotError(NOT_INSTALLED) from None
        home = self._closing.enter_context(
            tempfile.TemporaryDirectory(prefix="outsend-chromium-", ignore_cleanup_errors=True)
        )
        gate = Gate(self._settings)
        self._closing.push_async_callback(gate.aclose)
        try:
            driver = await async_playwright().start()
            self._closing.push_async_callback(driver.stop)
            browser = await _launch(driver, program, home)
        except (Error, OSError) as error:
            await self._end()
            raise ScreenshotError(f"Chromium does not start: {_first_line(error)}") from None
        self._closing.push_async_callback(browser.close)
        return gate, browser


async def _launch(driver: Playwright, program: str, home: str) -> Browser:
    """Within Chromium's own sandbox where the system allows one: not to root, and not in most containers."""
    from playwright.async_api import Error

    async def start(*, sandbox: bool) -> Browser:
        return await driver.chromium.launch(
            executable_path=WRAPPER,
            args=arguments(_DEAD_PROXY),
            chromium_sandbox=sandbox,
            env={**environment(program, home)},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    if os.geteuid() == 0:
        return await start(sandbox=False)
    try:
        return await start(sandbox=True)
    except Error:
        _log.warning("chromium_without_sandbox")
        return await start(sandbox=False)


async def _shoot(page: Page, url: str) -> bytes:
    from playwright.async_api import TimeoutError as LateError

    try:
        answer = await page.goto(url, wait_until="commit", timeout=_LOAD_SECONDS * 1000)
        if answer is not None and answer.status >= 400:
            raise ScreenshotError(f"The page answered {answer.status}.")
        with contextlib.suppress(LateError):
            await page.wait_for_load_state("load", timeout=_LOAD_SECONDS * 1000)
        await asyncio.sleep(_SETTLE_SECONDS)
        if not page.url.startswith(_WEB):
            raise ScreenshotError("The page leads to what is no web page.")
        return await page.screenshot(type="png", animations="disabled", timeout=_LOAD_SECONDS * 1000)
    except LateError:
        raise ScreenshotError("The page was not drawn in time.") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
