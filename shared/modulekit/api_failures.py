"""What a failure of an outside API means for an item."""

from __future__ import annotations

from shared.modulekit.errors import Permanent, Retryable
from shared.net.api_client import ApiError


def api_failure(error: ApiError) -> Retryable | Permanent:
    """Later again, or never."""
    if error.retryable:
        return Retryable(error.code, error.message, retry_after=error.retry_after)
    return Permanent(error.code, error.message)
