"""A Lighthouse of one's own: the same measurement as Google's, on this machine and from where it stands.

It is a program of Node (`deploy/lighthouse`) that drives a Chromium of ours, which is let out through a Proxy alone. Of
real visitors it knows nothing. https://github.com/GoogleChrome/lighthouse
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from contracts.items import ItemRequested
from services.pagespeed.answer import read
from services.pagespeed.browser import BrowserError, browser
from services.pagespeed.failures import NotMeasured
from services.pagespeed.measurement import Measurement, Strategy
from services.pagespeed.processes import program, scratch_folder
from shared.chromium.gate import Gate
from shared.chromium.program import find_program
from shared.chromium.proxy import Proxy
from shared.modulekit.errors import Unavailable
from shared.modulekit.module import Context
from shared.pagespeed_engine import NO_CHROMIUM, NO_LIGHTHOUSE, find_lighthouse
from shared.settings import Settings
from shared.web.site_pages import home_of

_AT_ONCE = max(1, min(2, (os.cpu_count() or 1) // 2))
"""Measurements that share processors slow one another down, and measure it."""
_SECONDS = 75.0
"""For one measurement. An ordinary page takes 10 to 15 where nobody else computes."""
_LOAD_MILLISECONDS = 25_000
"""Lighthouse's own patience with a page that does not finish loading; what has come by then is measured."""
_MAX_BYTES = 60 * 1024 * 1024
"""Over the network; a page is loaded more than once."""
_MAX_REPORT = 16 * 1024 * 1024
_HEAP_MIB = 768
_CATEGORIES = "performance,accessibility,best-practices,seo"
_PICTURES = "full-page-screenshot,screenshot-thumbnails,final-screenshot"
"""Audits whose results are nothing but pictures."""
_AGENTS: dict[Strategy, str] = {
    "mobile": "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Mobile Safari/537.36",
    "desktop": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36",
}
"""The devices that Lighthouse plays, in its own words; who we are follows."""


class Lighthouse:
    """See Engine. A few measurements at once; the others wait."""

    name = "lighthouse"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._gate = Gate(settings)

    async def addresses(self, _site: str, item: ItemRequested, context: Context) -> list[str]:
        """See Engine. Where the home page is, fetched as other modules fetch it: robots.txt, bot walls and all."""
        return [(await home_of(item, context)).url]

    async def measure(self, url: str, strategy: Strategy) -> Measurement:
        """See Engine."""
        async with self._slots:
            try:
                async with asyncio.timeout(_SECONDS):
                    report = await self._report(url, strategy)
            except TimeoutError:
                message = f"The page cannot be measured: Lighthouse did not come to an end within {_SECONDS:g} seconds."
                raise NotMeasured("not_measured", message) from None
        return read({"lighthouseResult": report})

    async def aclose(self) -> None:
        """Close the connections of pages."""
        await self._gate.aclose()

    async def _report(self, url: str, strategy: Strategy) -> object:
        """Lighthouse's result as JSON has it. Raises NotMeasured and Unavailable."""
        chromium, lighthouse = find_program(self._settings), find_lighthouse(self._settings)
        if chromium is None or lighthouse is None:
            raise Unavailable("not_configured", NO_CHROMIUM if chromium is None else NO_LIGHTHOUSE)
        # Chromium cannot be told of an authority; the page itself was fetched and checked before.
        lenient = bool(self._settings.egress_ca_file)
        async with scratch_folder() as folder, Proxy(self._gate, max_bytes=_MAX_BYTES) as proxy:
            file = Path(folder) / "report.json"
            try:
                agent = f"{_AGENTS[strategy]} {self._settings.user_agent}"
                switches = [f"--user-agent={agent}", *(["--ignore-certificate-errors"] if lenient else [])]
                async with browser(chromium, folder, proxy.address, switches) as port:
                    argv = [lighthouse, *_arguments(url, strategy, port, file), f"--emulated-user-agent={agent}"]
                    async with program(argv, _environment(folder), folder) as process:
                        code = await process.wait()
            except (BrowserError, OSError) as error:
                raise Unavailable("not_configured", f"Lighthouse cannot run here: {error}") from None
            # Its exit code says only that the page failed, which the report says better.
            report = await asyncio.to_thread(_load, file)
        if report is None:
            raise NotMeasured("not_measured", f"Lighthouse ended with exit code {code} and no result.")
        return report


def _arguments(url: str, strategy: Strategy, port: int, file: Path) -> list[str]:
    return [
        url,
        f"--port={port}",
        "--preset=desktop" if strategy == "desktop" else "--form-factor=mobile",
        f"--only-categories={_CATEGORIES}",
        f"--skip-audits={_PICTURES}",
        "--disable-full-page-screenshot",
        "--locale=fr",
        f"--max-wait-for-load={_LOAD_MILLISECONDS}",
        "--output=json",
        f"--output-path={file}",
        "--no-enable-error-reporting",
        "--quiet",
    ]


def _environment(folder: str) -> dict[str, str]:
    """Nothing of our own environment, where the secrets are."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": folder,
        "TMPDIR": folder,
        "NODE_OPTIONS": f"--max-old-space-size={_HEAP_MIB}",
    }


def _load(file: Path) -> object:
    try:
        return msgspec.json.decode(file.read_bytes()) if file.stat().st_size <= _MAX_REPORT else None
    except (OSError, msgspec.DecodeError):
        return None
