"""Raster pictures: a few formats, one frame, bounded dimensions."""

from __future__ import annotations

import io
from typing import Final

from PIL import AvifImagePlugin, Image, UnidentifiedImageError

FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "ICO", "AVIF")
MAX_PIXELS: Final = 25_000_000
"""5000 x 5000: 100 MB in memory. A logo has a hundredth of that."""
MIN_SIDE = 8
"""Below that it is a spacer or a counting pixel."""


class UnusableError(Exception):
    """The bytes are no picture that can be used; the message says why in a few words."""


def prepare_decoders() -> None:
    """Once per process."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # beyond twice that Pillow refuses, at every step
    # Each thread would take address space that is limited here.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def decode(body: bytes) -> Image.Image:
    """The first frame (of an icon the largest picture) as RGBA. Raises UnusableError."""
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as picture:
            _check_size(picture)
            picture.load()
            _check_size(picture)  # an icon tells its true size only now
            return upright(picture).convert("RGBA")
    except UnusableError:
        raise
    except UnidentifiedImageError:
        raise UnusableError("not a picture of a known format") from None
    except Image.DecompressionBombError:
        raise UnusableError("larger than any picture that is used") from None
    except MemoryError:
        raise UnusableError("takes too much memory") from None
    except Exception as error:  # decoders raise what they like on broken bytes
        raise UnusableError(f"a broken picture ({type(error).__name__})") from None


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise UnusableError("larger than any picture that is used")
    if min(picture.size) < MIN_SIDE:
        raise UnusableError("too small to be seen")


def upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF says."""
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    try:
        turn = turns.get(picture.getexif().get(0x0112, 1))
    except Exception:  # broken metadata of a good picture
        return picture
    return picture.transpose(turn) if turn is not None else picture
