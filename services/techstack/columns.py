"""The three flat columns of a row."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from services.techstack.evidence import Detection

CMS_TIERS = ("cms", "shop", "builder", "headless_cms")
"""Who runs the site, in order of precedence. A shop plug-in implies its CMS, so WooCommerce gives
`wordpress`; a shop system that is its own CMS (Shopify, PrestaShop) gives itself; a builder only
when neither is there; a CMS without pages of its own last of all, for another may only borrow its pictures."""

ANALYTICS = ("analytics", "session_replay")
ADS = ("ads",)


def flat_columns(detections: Sequence[Detection]) -> dict[str, str | None]:
    """`tech_cms`: one slug. `tech_analytics`, `tech_ads_pixels`: slugs joined by ', ' in the order of the
    rules. None where nothing was found."""
    return {
        "tech_cms": _primary(detections),
        "tech_analytics": _joined(detections, ANALYTICS),
        "tech_ads_pixels": _joined(detections, ADS),
    }


def _primary(detections: Sequence[Detection]) -> str | None:
    """Of the first tier that has any, the surest; then the one with most evidence; then the first."""
    for tier in CMS_TIERS:
        found = [detection for detection in detections if tier in detection.categories]
        if found:
            return max(found, key=lambda one: (one.confidence, len(one.evidence))).slug
    return None


def _joined(detections: Sequence[Detection], categories: Collection[str]) -> str | None:
    slugs = [one.slug for one in detections if not set(one.categories).isdisjoint(categories)]
    return ", ".join(slugs) or None
