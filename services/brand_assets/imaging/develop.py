"""From bytes to what is stored."""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from services.brand_assets.imaging import vector
from services.brand_assets.imaging.palette import COLOURS, areas, brand_colour, to_hex
from services.brand_assets.imaging.pictures import MIN_SIDE, UnusableError, decode
from services.brand_assets.imaging.protocol import Developed, Order

LOGO_SIDE = 1024
FAVICON_SIDE = 512
SIDES = (512, 256, 64)
SQUARE = 256
_MARGIN = 24
"""Pixels around the logo on its square."""
_PAPER, _INK = (255, 255, 255, 255), (26, 26, 26, 255)
_VISIBLE = 16
"""Alpha from which a pixel counts when the empty border is cut off."""


def develop(order: Order) -> Developed:
    """Decode, cut off empty borders, fit, and encode anew. Raises UnusableError."""
    if order.purpose == "screenshot":
        return _screenshot(decode(order.body))
    picture = vector.render(order.body) if vector.is_svg(order.body) else decode(order.body)
    if order.purpose == "favicon":
        shown = _fitted(picture, FAVICON_SIDE)
        _trimmed(shown)  # refuses a blank one
        return Developed(_png(shown), *shown.size)
    if _is_filled(picture) and len(areas(picture)) < 2:
        raise UnusableError("one colour and no drawing")
    logo = _fitted(_trimmed(picture), LOGO_SIDE)
    found = areas(logo)
    brand = brand_colour(found)
    return Developed(
        _png(logo),
        *logo.size,
        variants=[_png(variant) for variant in variants(logo)],
        palette=[to_hex(area.colour) for area in found[:COLOURS]],
        brand=to_hex(brand) if brand else None,
    )


def variants(logo: Image.Image) -> list[Image.Image]:
    """A trimmed logo for use: fitted into each of SIDES, transparent where it is; last on an opaque square.

    It is never enlarged, so of a small logo the sizes that would be alike are one. The square is white, or
    dark for a logo that would be invisible on white.
    """
    sizes: dict[tuple[int, int], Image.Image] = {}
    for side in SIDES:
        fitted = _fitted(logo, side)
        sizes.setdefault(fitted.size, fitted)
    return [*sizes.values(), _on_square(logo)]


def _on_square(logo: Image.Image) -> Image.Image:
    inner = _fitted(logo, SQUARE - 2 * _MARGIN)
    seen = areas(inner)
    light = sum(area.share for area in seen if min(area.colour) > 224)
    square = Image.new("RGBA", (SQUARE, SQUARE), _INK if light > 0.8 else _PAPER)
    square.alpha_composite(inner, ((SQUARE - inner.width) // 2, (SQUARE - inner.height) // 2))
    return square.convert("RGB")


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    if max(picture.size) <= side:
        return picture
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small


def _trimmed(picture: Image.Image) -> Image.Image:
    """Without its empty border: transparent, or white in all four corners. Raises UnusableError."""
    alpha = picture.getchannel("A")
    box = alpha.point(lambda value: 255 if value >= _VISIBLE else 0).getbbox()
    if box is None:
        raise UnusableError("nothing to be seen")
    picture = picture.crop(box)
    width, height = picture.size
    corners = {picture.getpixel(at) for at in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1))}
    # White alone: a border of the brand's own colour is part of the logo.
    if all(isinstance(corner, tuple) and min(corner[:3]) >= 250 for corner in corners) and _is_filled(picture):
        drawn = ImageChops.difference(picture.convert("RGB"), Image.new("RGB", picture.size, _PAPER[:3]))
        box = drawn.convert("L").point(lambda value: 255 if value > 8 else 0).getbbox()
        picture = picture.crop(box or (0, 0, 0, 0))
    if min(picture.size) < MIN_SIDE // 2:
        raise UnusableError("nothing to be seen")
    return picture


def _is_filled(picture: Image.Image) -> bool:
    low, _ = picture.getchannel("A").getextrema()
    return bool(isinstance(low, int | float) and low >= 250)


def _screenshot(picture: Image.Image) -> Developed:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return Developed(out.getvalue(), *picture.size)


def _png(picture: Image.Image) -> bytes:
    clean = picture.copy()
    clean.info.clear()  # profiles and texts of strangers
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
