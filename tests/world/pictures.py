"""The raster pictures of the town: a logo and an icon for each site, in a colour of its own."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache

from PIL import Image, ImageDraw

from tests.world.catalogue import Site


def brand(site: Site) -> str:
    """The colour of a site's pictures, `#RRGGBB`; never near white or black."""
    red, green, blue = hashlib.sha256(site.host.encode()).digest()[:3]
    return f"#{60 + red % 140:02X}{green % 60:02X}{60 + blue % 140:02X}"


@lru_cache(maxsize=64)
def logo_png(site: Site) -> bytes:
    """A wordmark of bars on a transparent ground, 240 x 80."""
    picture = Image.new("RGBA", (240, 80), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((8, 8, 72, 72), fill=brand(site))
    for left in range(88, 224, 24):
        draw.rectangle((left, 24, left + 14, 56), fill="#303030")
    return _bytes(picture, "PNG")


@lru_cache(maxsize=64)
def icon_ico(site: Site) -> bytes:
    """A disc in the sizes that icons have."""
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((2, 2, 62, 62), fill=brand(site))
    return _bytes(picture, "ICO")


def _bytes(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()
