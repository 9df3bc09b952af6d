"""What measures pages in this deployment, and whether it can: asked by the gateway before a job, and by the worker."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from shared.chromium.program import find_program
from shared.settings import Settings

NO_KEY: Final = (
    "No key for PageSpeed Insights is configured: set OUTSEND_PAGESPEED_KEY, or OUTSEND_PAGESPEED_ENGINE=lighthouse "
    "to measure with a Lighthouse of your own."
)
"""Without a key Google answers a few requests a day, shared with everybody else: too few to begin a job with."""
NO_LIGHTHOUSE: Final = (
    "Lighthouse is not available here: run `make lighthouse` (it needs npm), or set OUTSEND_LIGHTHOUSE."
)
NO_CHROMIUM: Final = "Lighthouse is configured and has no browser here: install Chromium, or set OUTSEND_CHROMIUM."


def missing_engine(settings: Settings) -> str | None:
    """Why no page can be measured here, in a sentence; None: they can."""
    if settings.pagespeed_engine == "psi":
        return None if settings.pagespeed_key else NO_KEY
    if find_lighthouse(settings) is None:
        return NO_LIGHTHOUSE
    return None if find_program(settings) is not None else NO_CHROMIUM


def find_lighthouse(settings: Settings) -> str | None:
    """The program `lighthouse`; None: there is none.

    A program that is named is believed: the gateway need not have what the workers have.
    """
    if settings.lighthouse:
        return settings.lighthouse
    if shutil.which("node") is None:
        return None
    own = Path(sys.prefix) / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
    return str(own) if own.is_file() else shutil.which("lighthouse")
