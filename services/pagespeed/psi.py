"""PageSpeed Insights v5: Google's own Lighthouse, with the operator's key.

https://developers.google.com/speed/docs/insights/v5/reference/pagespeedapi/runpagespeed. Unless told otherwise it
measures as a desktop, and performance alone.
"""

from __future__ import annotations

import contextlib
from urllib.parse import urlencode

from contracts.items import ItemRequested
from services.pagespeed.answer import read
from services.pagespeed.failures import NotMeasured
from services.pagespeed.measurement import Measurement, Strategy
from services.pagespeed.refusals import refusal
from shared.modulekit.errors import ModuleError, Retryable
from shared.modulekit.module import Context
from shared.net.api_client import ApiClient, ApiError
from shared.net.upstream import Quotas, UpstreamGuard, UpstreamResting
from shared.settings import Settings

_PATH = "/pagespeedonline/v5/runPagespeed"
_CATEGORIES = ("PERFORMANCE", "ACCESSIBILITY", "BEST_PRACTICES", "SEO")
_SECONDS = 90.0
"""For one answer. An ordinary page takes 15 to 30; Google itself gives up after about 60."""
_BURST = 4
_IN_A_ROW = 5
"""500s, whatever they say of pages, after which it is us they mean: it throttles so instead of with 429."""
_REST, _LONGEST_REST = 60.0, 300.0
"""Seconds, as such a spell lasts one to three minutes."""


class PageSpeedInsights:
    """See Engine. The key goes into the one parameter that takes it, and into no message."""

    name = "psi"

    def __init__(self, settings: Settings, quotas: Quotas | None) -> None:
        self._guard = UpstreamGuard(
            "pagespeed",
            rate=settings.pagespeed_rate,
            burst=_BURST,
            quotas=quotas,
            failures=_IN_A_ROW,
            rest=_REST,
            longest_rest=_LONGEST_REST,
        )
        self._api = ApiClient(settings, settings.pagespeed_url, name="PageSpeed Insights", timeout=_SECONDS)
        self._key = settings.pagespeed_key
        self._in_a_row = 0

    async def addresses(self, site: str, _item: ItemRequested, _context: Context) -> list[str]:
        """See Engine. Google fetches the page, not we: of a bare host both schemes."""
        return [site] if "://" in site else [f"https://{site}", f"http://{site}"]

    async def measure(self, url: str, strategy: Strategy) -> Measurement:
        """See Engine. A page that could not be measured is tried once more."""
        with contextlib.suppress(NotMeasured):
            return await self._ask(url, strategy)
        return await self._ask(url, strategy)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._api.aclose()

    async def _ask(self, url: str, strategy: Strategy) -> Measurement:
        try:
            await self._guard.turn()
        except UpstreamResting as resting:
            message = "PageSpeed Insights is given a rest."
            raise Retryable("resting", message, retry_after=resting.retry_after) from None
        parameters = [("url", url), ("strategy", strategy.upper()), *(("category", name) for name in _CATEGORIES)]
        try:
            answer = await self._api.get(f"{_PATH}?{urlencode([*parameters, ('locale', 'fr'), ('key', self._key)])}")
        except ApiError as error:
            problem = refusal(error)
            await self._told(error, problem)
            raise self._believed(error, problem) from None
        self._in_a_row = 0
        await self._guard.succeeded()
        return read(answer)

    def _believed(self, error: ApiError, problem: ModuleError) -> ModuleError:
        """In a row of 500s what one of them says of its page is not to be trusted."""
        if error.status < 500 or self._in_a_row < _IN_A_ROW:
            return problem
        message = "PageSpeed Insights answers 500 to one page after another, which is how it throttles."
        return Retryable("http_5xx", message, retry_after=_REST)

    async def _told(self, error: ApiError, problem: ModuleError) -> None:
        """Let the guard know. A 500 that speaks of the page counts too: alone it is forgotten with the next answer."""
        if error.status >= 500:
            self._in_a_row += 1
        elif error.status:
            self._in_a_row = 0
        if problem.code == "rate_limited" or error.status >= 500 or error.retryable:
            await self._guard.failed(problem.retry_after if isinstance(problem, Retryable) else None)
        else:
            await self._guard.succeeded()
