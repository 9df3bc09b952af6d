"""How everybody talks to recherche-entreprises.api.gouv.fr: one address, one limit, one name of its guard.

The API takes 7 requests a second from an address, answers 429 with Retry-After beyond, and refuses the connections of
an address for days after too many of these (its documentation; issues 776 and 777 of its repository). The limit is
kept by the guard of this name, so all modules of a deployment share it.
"""

from __future__ import annotations

from shared.net.api_client import ApiClient
from shared.net.upstream import Quotas, UpstreamGuard
from shared.settings import Settings


def recherche_entreprises(settings: Settings, quotas: Quotas | None) -> ApiClient:
    """A client for `/search` and `/near_point`."""
    rate = settings.recherche_entreprises_rate
    guard = UpstreamGuard("recherche_entreprises", rate=rate, quotas=quotas, strict=True)
    return ApiClient(settings, settings.recherche_entreprises_url, name="recherche-entreprises", guard=guard)
