"""The colours of a logo, exactly as they are in it.

Median cut finds the groups, and each is named by the colour that is in it most often: on a flat logo that is the
brand's own value, where an average would mix in the smoothed edges.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, combinations
from typing import NamedTuple

from PIL import Image

COLOURS = 5
_SIDE = 128
_OPAQUE = 200
_GROUPS = 12
_SAME = 40.0
"""Distance in RGB below which two groups are shades of one colour."""
_LEAST_SHARE = 0.01
"""Smaller areas are edges and noise."""
_EDGE_SHARE = 0.08
_OFF_LINE = 3.0
"""By how much the way through a blend may be longer than the straight one, in RGB."""
_BRAND_SHARE = 0.03

Rgb = tuple[int, int, int]


class Area(NamedTuple):
    """A colour and its share of the opaque area, 0 to 1."""

    colour: Rgb
    share: float


def areas(picture: Image.Image) -> list[Area]:
    """The colours of an RGBA picture, the largest first; empty when nothing is opaque."""
    small = picture.copy()
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.NEAREST)  # any other filter makes colours that are not there
    data = small.tobytes()
    pixels: list[Rgb] = [
        (data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 4) if data[at + 3] >= _OPAQUE
    ]
    if not pixels:
        return []
    flat = Image.frombytes("RGB", (len(pixels), 1), bytes(chain.from_iterable(pixels)))
    groups: dict[int, Counter[Rgb]] = {}
    for group, pixel in zip(flat.quantize(_GROUPS).tobytes(), pixels, strict=True):
        groups.setdefault(group, Counter())[pixel] += 1
    return _merged(groups.values(), len(pixels))


def _merged(groups: Iterable[Counter[Rgb]], total: int) -> list[Area]:
    found: list[tuple[Rgb, int]] = []
    for counter in sorted(groups, key=lambda one: (-one.total(), min(one))):
        colour = min(counter, key=lambda one: (-counter[one], one))
        near = next((index for index, (known, _) in enumerate(found) if distance(known, colour) < _SAME), None)
        if near is None:
            found.append((colour, counter.total()))
        else:
            found[near] = (found[near][0], found[near][1] + counter.total())
    ranked = [Area(colour, count / total) for colour, count in sorted(found, key=lambda one: (-one[1], one[0]))]
    kept = [area for area in ranked if area.share >= _LEAST_SHARE and not _is_blend(area, ranked)]
    return kept or ranked[:1]


def _is_blend(area: Area, every: list[Area]) -> bool:
    """Whether a small area is the smoothed edge between two others: its colour lies between theirs."""
    if area.share > _EDGE_SHARE:
        return False
    others = [other.colour for other in every if other.colour != area.colour]
    return any(
        distance(one, area.colour) + distance(area.colour, other) < distance(one, other) + _OFF_LINE
        for one, other in combinations(others, 2)
    )


def brand_colour(found: list[Area]) -> Rgb | None:
    """What stands for a logo: its largest true colour, else its largest grey; black and white only as last."""
    large = [area for area in found if area.share >= _BRAND_SHARE] or found
    ranked = sorted(large, key=lambda area: (rank(area.colour), -area.share))
    return ranked[0].colour if ranked else None


def rank(colour: Rgb) -> int:
    """0: a true colour, 1: a grey, 2: nearly white or black, which are paper and ink."""
    high, low = max(colour), min(colour)
    if high < 48 or low > 224:
        return 2
    return 0 if high - low >= 32 else 1


def distance(one: Rgb, other: Rgb) -> float:
    """In RGB, 0 to 442."""
    return math.dist(one, other)


def to_hex(colour: Rgb) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)


_HEX = re.compile(r"#[0-9A-F]{6}")


def from_hex(text: str) -> Rgb:
    """The colour of `#RRGGBB`. Raises ValueError."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"{text!r} is no colour")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
