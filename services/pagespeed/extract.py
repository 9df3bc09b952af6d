"""pagespeed: one site in; how fast, accessible and well-made its home page is out, as a phone and a desktop load it."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.pagespeed.engine import Engine
from services.pagespeed.failures import NotMeasured, Unreachable
from services.pagespeed.lighthouse import Lighthouse
from services.pagespeed.measurement import Measurement, Strategy, columns
from services.pagespeed.psi import PageSpeedInsights
from services.pagespeed.recall import Recall
from shared.modulekit.errors import ModuleError, Retryable, Unavailable
from shared.modulekit.module import ATTEMPT, Context, Result
from shared.net.site import normalize_site
from shared.pagespeed_engine import missing_engine

_PERHAPS_ELSEWHERE = frozenset({"connection", "protocol", "timeout", "tls"})
"""Failures of an address after which another one of the same site is worth a request."""


class _Pair(NamedTuple):
    mobile: Measurement | None
    desktop: Measurement | None
    failure: ModuleError | None = None
    """Why one of them is missing."""


_recalls: WeakKeyDictionary[Context, Recall] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Measure the site's home page twice. Raises Retryable, Permanent or Unavailable.

    A row without a usable site stays as it is: its columns are empty, and nobody is asked.
    """
    site = normalize_site(read_key(item.item, "site_web"))
    if site is None:
        return Result()
    recall = _recalls.get(context)
    if recall is None:
        recall = _recalls[context] = Recall(_engine(context), context.answers)
    pair = await _measure(recall, site, item, context)
    if pair.failure is not None:
        await context.log(item, "warn", f"{site} is measured in part only. {pair.failure.message}")
    return Result(columns=columns(pair.mobile, pair.desktop))


def _engine(context: Context) -> Engine:
    if (reason := missing_engine(context.settings)) is not None:
        raise Unavailable("not_configured", reason)
    if context.settings.pagespeed_engine == "lighthouse":
        return Lighthouse(context.settings)
    return PageSpeedInsights(context.settings, context.quotas)


async def _measure(recall: Recall, site: str, item: ItemRequested, context: Context) -> _Pair:
    """At the first address that somebody answers at. Raises ModuleError."""
    *others, last = await recall.engine.addresses(site, item, context)
    for url in others:
        try:
            return await _both(recall, url, context)
        except Unreachable as failure:
            if failure.code not in _PERHAPS_ELSEWHERE:
                raise
    return await _both(recall, last, context)


async def _both(recall: Recall, url: str, context: Context) -> _Pair:
    """One after the other: of a page that cannot be had, or is not measured yet, half the requests are saved."""
    mobile, failure = await _half(recall, url, "mobile")
    try:
        desktop, without = await _half(recall, url, "desktop")
    except (Retryable, Unreachable) as error:
        # What there is is kept when there will be no other attempt.
        if mobile is None or (isinstance(error, Retryable) and ATTEMPT.get() < context.spec.attempts):
            raise
        return _Pair(mobile, None, error)
    if mobile is None and desktop is None and failure is not None:
        raise failure
    return _Pair(mobile, desktop, failure or without)


async def _half(recall: Recall, url: str, strategy: Strategy) -> tuple[Measurement | None, NotMeasured | None]:
    try:
        return await recall.measure(url, strategy), None
    except NotMeasured as failure:
        return None, failure
