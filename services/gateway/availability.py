"""Whether this deployment has what a module needs beside a worker: a source, a key, an inbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from shared import screenshots
from shared.api.errors import Unavailable
from shared.pagespeed_engine import missing_engine
from shared.place_sources import NOT_CONFIGURED, configured_sources
from shared.review_sources import missing_source
from shared.seed_inboxes import NOT_CONFIGURED as NO_SEED_INBOX
from shared.seed_inboxes import seed_inboxes
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


def require_served(slug: str, settings: Settings, items: Iterable[msgspec.Raw]) -> None:
    """Raises Unavailable when nothing configured here serves any of a job's items."""
    check = _ITEM_CHECKS.get(slug)
    if check is not None and (sentence := check(settings, (msgspec.json.decode(item) for item in items))):
        raise Unavailable(sentence, retry_after=_RETRY_AFTER)


def _place_source(settings: Settings, _: Options) -> str | None:
    return None if configured_sources(settings) else NOT_CONFIGURED


def _browser(settings: Settings, options: Options) -> str | None:
    wanted = options.get("capture_screenshot") and screenshots.find_chromium(settings) is None
    return screenshots.NOT_INSTALLED if wanted else None


def _seed_inboxes(settings: Settings, _: Options) -> str | None:
    return None if seed_inboxes(settings) else NO_SEED_INBOX


def _page_speed(settings: Settings, _: Options) -> str | None:
    return missing_engine(settings)


_CHECKS: Mapping[str, Callable[[Settings, Options], str | None]] = {
    "scrap": _place_source,
    "brand_assets": _browser,
    "delivery_check": _seed_inboxes,
    "pagespeed": _page_speed,
}
"""By slug; a module that is not here needs nothing."""
_ITEM_CHECKS: Mapping[str, Callable[[Settings, Iterable[dict[str, Any]]], str | None]] = {"reviews": missing_source}
"""By slug, where what is needed depends on the item."""
