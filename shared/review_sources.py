"""Where reviews can come from in this deployment, and what to say where they cannot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from contracts.manifest import read_key
from shared.net.site import normalize_site
from shared.settings import Settings

SITES_ALONE: Final = "OUTSEND_GOOGLE_PLACES_KEY is not set: only the reviews that places' own sites state are read."
NOTHING_TO_ASK: Final = (
    "No source of reviews: OUTSEND_GOOGLE_PLACES_KEY is not set, and there is no site_web to read the reviews of."
)


def missing_source(settings: Settings, items: Iterable[dict[str, Any]]) -> str | None:
    """What these items would need, in a sentence for who runs the product; None: there is a source for some of them.

    Sites need no configuration, so the module itself is always available. Looks no further than the first site.
    """
    if settings.google_places_key or any(normalize_site(read_key(item, "site_web")) for item in items):
        return None
    return NOTHING_TO_ASK
