"""Whether pictures of pages can be taken: asked by the gateway before a job starts, and by the worker itself."""

from __future__ import annotations

import importlib.util

from shared.chromium.program import find_program
from shared.settings import Settings

NOT_INSTALLED = (
    "Screenshots are not available here: install Chromium and the extra `screenshots`, or set OUTSEND_CHROMIUM, "
    "or ask for the job without capture_screenshot."
)


def find_chromium(settings: Settings) -> str | None:
    """The program, as the settings name it or the PATH has it; None: there is none, or nothing to drive it with.

    A program that is named is believed: the gateway need not have what the workers have.
    """
    if not settings.chromium and importlib.util.find_spec("playwright") is None:
        return None
    return find_program(settings)
