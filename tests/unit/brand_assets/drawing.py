"""Small pictures out of a few words, as the golden cases describe them."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image, ImageDraw

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp", "ICO": "image/x-icon"}


def drawn(spec: dict[str, Any]) -> bytes:
    """The bytes of a picture: `draw` mark, flat, bomb, frames or crowded_icon."""
    kind = spec["draw"]
    if kind in ("mark", "flat"):
        data = encoded((mark if kind == "mark" else flat)(spec), spec.get("format", "PNG"))
        return data[: spec["cut"]] if "cut" in spec else data
    return {"bomb": bomb, "frames": frames, "crowded_icon": crowded_icon}[kind]()


def mark(spec: dict[str, Any]) -> Image.Image:
    """A disc in the first colour, a bar in the second, on nothing."""
    width, height = spec.get("size", [200, 80])
    first, *others = spec["colours"]
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, min(width, height) - 1, height - 1), fill=first)
    if width > height:
        draw.ellipse((width - height // 3, height // 3, width - 1, height // 2), fill=first)
    for other in others:
        draw.rectangle((width // 2, height // 3, width // 2 + width // 4, height // 2), fill=other)
    return picture


def flat(spec: dict[str, Any]) -> Image.Image:
    """A rectangle of the colour, if there is one, amid its ground."""
    picture = Image.new("RGBA", (200, 80), spec.get("ground", (0, 0, 0, 0)))
    for colour in spec["colours"]:
        ImageDraw.Draw(picture).rectangle((40, 16, 159, 63), fill=colour)
    return picture


def encoded(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "AVIF": {"quality": 90}}.get(kind, {})
    (picture.convert("RGB") if kind == "JPEG" else picture).save(out, kind, **options)
    return out.getvalue()


def bomb() -> bytes:
    """30 000 x 30 000 pixels in a hundred kilobytes."""
    return encoded(Image.new("1", (30_000, 30_000)), "PNG")


def frames() -> bytes:
    """A GIF of 2000 frames."""
    first = mark({"colours": ["#E4002B"]}).convert("P")
    out = io.BytesIO()
    others = [Image.new("P", (200, 80), number % 250) for number in range(1999)]
    first.save(out, "GIF", save_all=True, append_images=others, loop=0)
    return out.getvalue()


def crowded_icon() -> bytes:
    """An ICO whose directory names 1000 pictures of 256 pixels, all of them at the end of the file."""
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 2**31 - 1, 6 + 16 * 1000)
    return struct.pack("<HHH", 0, 1, 1000) + entry * 1000
