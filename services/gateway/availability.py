"""Whether this deployment has what a module needs beside a worker: a source, a key, an inbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.api.errors import Unavailable
from shared.place_sources import NOT_CONFIGURED, configured_sources
from shared.settings import Settings

_RETRY_AFTER = 300
"""Seconds: somebody has to configure something first."""


def missing(slug: str, settings: Settings) -> str | None:
    """What is not configured, in a sentence for who runs the product; None: nothing. Raises SettingsError."""
    check = _CHECKS.get(slug)
    return check(settings) if check is not None else None


def require_available(slug: str, settings: Settings) -> None:
    """Raises Unavailable when no job of the module could be done here."""
    if sentence := missing(slug, settings):
        raise Unavailable(sentence, retry_after=_RETRY_AFTER)


def _place_source(settings: Settings) -> str | None:
    return None if configured_sources(settings) else NOT_CONFIGURED


_CHECKS: Mapping[str, Callable[[Settings], str | None]] = {"scrap": _place_source}
"""By slug; a module that is not here needs nothing."""
