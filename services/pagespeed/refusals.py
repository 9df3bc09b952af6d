"""What a refusal of PageSpeed Insights says: of the page, of the key, of our manners, or of itself. Pure."""

from __future__ import annotations

import re

from services.pagespeed.failures import page_failure
from shared.modulekit.api_failures import api_failure
from shared.modulekit.errors import ModuleError, Permanent, Retryable, Unavailable
from shared.net.api_client import ApiError

QUOTA_REST = 60.0
"""Seconds after a 429 that names none: quotas are counted by the minute."""

_LIGHTHOUSE = re.compile(r"Lighthouse returned error: ([A-Z_]{3,60})(.{0,600})", re.DOTALL)
_QUOTA = re.compile(r"rateLimitExceeded|userRateLimitExceeded|dailyLimitExceeded|quotaExceeded|RESOURCE_EXHAUSTED")
_KEY = re.compile(r"API key|API_KEY|keyInvalid|keyExpired")


def refusal(error: ApiError) -> ModuleError:
    """What to raise. Errors are `{"error": {"code", "message", "errors": [{"reason"}]}}`, whose beginning is enough."""
    text = error.body.decode("utf-8", "replace")
    if error.status == 429 or (error.status == 403 and _QUOTA.search(text)):
        message = "The quota of the PageSpeed Insights key is used up."
        return Retryable("rate_limited", message, retry_after=error.retry_after or QUOTA_REST)
    if said := _LIGHTHOUSE.search(text):
        return page_failure(said[1], said[2])
    if error.status in (401, 403) or (error.status == 400 and _KEY.search(text)):
        return Unavailable("pagespeed_key", f"PageSpeed Insights refuses the key, with {error.status}.")
    if error.status == 400:
        return Permanent("http_4xx", "PageSpeed Insights cannot work with this address.")
    return api_failure(error)
