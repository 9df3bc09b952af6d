"""What a home page says of its owner's brand, and which of the colours found is the brand's."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.brand_assets.candidates import Candidate
from services.brand_assets.colours import css_colours, theme_colours
from services.brand_assets.icons import Icon, manifest_address, page_icons
from services.brand_assets.imaging.palette import from_hex, rank
from services.brand_assets.logos import logo_candidates
from shared.web.page import Page


class Findings(msgspec.Struct, frozen=True):
    """Everything to be had from the page itself."""

    logos: list[Candidate]
    icons: list[Icon]
    manifest: str | None
    theme_colours: list[str]
    css_colours: list[str]


def read(page: Page) -> Findings:
    """Pure; takes CPU."""
    return Findings(
        logo_candidates(page), page_icons(page), manifest_address(page), theme_colours(page), css_colours(page)
    )


def brand_colour(logo: str | None, logo_source: str | None, findings: Findings) -> tuple[str, str] | tuple[None, None]:
    """The brand's colour and where it is from: logo, theme_color or css.

    The logo's comes first, but for an og:image, which is often a photo. White and black are taken only
    when there is nothing else.
    """
    from_logo = [("logo", logo)] if logo else []
    stated = [("theme_color", one) for one in findings.theme_colours] + [("css", one) for one in findings.css_colours]
    ranked = stated + from_logo if logo_source == "og_image" else from_logo + stated
    return _best(ranked)


def _best(ranked: Iterable[tuple[str, str]]) -> tuple[str, str] | tuple[None, None]:
    found = list(ranked)
    chosen = next((one for one in found if rank(from_hex(one[1])) < 2), found[0] if found else None)
    return (chosen[1], chosen[0]) if chosen else (None, None)
