"""How everybody talks to recherche-entreprises.api.gouv.fr: one address, one rate, one name of its guard.

The API takes 7 requests a second from an address, answers 429 with Retry-After beyond, and refuses the connections of
an address for days after too many of these (its documentation; issues 776 and 777 of its repository). The rate is kept
by the guard of this name, so all modules of a deployment share it.
"""

from __future__ import annotations

from shared.net.api_client import ApiClient
from shared.net.upstream import Quotas, UpstreamGuard
from shared.settings import Settings

_ALLOWED = 7.0
"""Requests a second from one address."""
_LATE = 0.5
"""Share of the room between our rate and theirs that one of our requests may take; the network has the rest."""
_LEAST_LATE = 0.01


def recherche_entreprises(settings: Settings, quotas: Quotas | None) -> ApiClient:
    """A client for `/search` and `/near_point`."""
    rate = settings.recherche_entreprises_rate
    late = max((_ALLOWED / rate - 1.0) * _LATE, _LEAST_LATE)
    guard = UpstreamGuard("recherche_entreprises", rate=rate, quotas=quotas, late=min(late, 0.25))
    return ApiClient(settings, settings.recherche_entreprises_url, name="recherche-entreprises", guard=guard)
