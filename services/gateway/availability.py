"""Whether this deployment has what a module needs beside a worker: a source, a key, an inbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from shared import screenshots
from shared.api.errors import Unavailable
from shared.place_sources import NOT_CONFIGURED, configured_sources
from shared.settings import Settings

_RETRY_AFTER = 300
"""Seconds: somebody has to configure something first."""


Options = Mapping[str, Any]


def missing(slug: str, settings: Settings, options: Options = MappingProxyType({})) -> str | None:
    """What is not configured, in a sentence for who runs the product; None: nothing. Raises SettingsError.

    With a job's `options` also what those need; without, what every job of the module needs.
    """
    check = _CHECKS.get(slug)
    return check(settings, options) if check is not None else None


def require_available(slug: str, settings: Settings, options: Options = MappingProxyType({})) -> None:
    """Raises Unavailable when the module cannot do such a job here."""
    if sentence := missing(slug, settings, options):
        raise Unavailable(sentence, retry_after=_RETRY_AFTER)


def _place_source(settings: Settings, _: Options) -> str | None:
    return None if configured_sources(settings) else NOT_CONFIGURED


def _browser(settings: Settings, options: Options) -> str | None:
    wanted = options.get("capture_screenshot") and screenshots.find_chromium(settings) is None
    return screenshots.NOT_INSTALLED if wanted else None


_CHECKS: Mapping[str, Callable[[Settings, Options], str | None]] = {"scrap": _place_source, "brand_assets": _browser}
"""By slug; a module that is not here needs nothing."""
