"""The score of ads_score: how much a site does to be found and to bring visitors back, 0 to 100.

A sum of parts, each a table from how many signs of a kind there are to points. No table ever falls, so more signs
never lower a score; no sign gives 0. docs/ads-intelligence.md publishes the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.ads_intelligence.find import Found
from services.ads_intelligence.vendors import Role

BOUGHT: tuple[Role, ...] = ("pixel", "affiliation")
"""What a site has that pays for its visitors."""
PARTS: dict[tuple[Role, ...], tuple[int, ...]] = {
    BOUGHT: (18, 25, 30, 35),
    ("conversion",): (10,),
    ("tag_manager",): (10,),
    ("analytics",): (6, 10),
    ("crm", "marketing"): (7, 10),
    ("chat",): (5,),
    ("consent",): (5,),
}
"""Roles, and the points for one vendor, for two, … and for as many as there are numbers or more."""
AUDIENCE = 15
"""Points when visitors are gathered to be advertised to again."""


def score(found: Iterable[Found]) -> int:
    """The points of what was found. Pure."""
    held = list(found)
    if not any(one.role in BOUGHT for one in held):
        held = [one for one in held if one.role != "conversion"]  # an event that no pixel receives
    points = AUDIENCE if any(one.audience for one in held) else 0
    for roles, steps in PARTS.items():
        count = len({one.slug for one in held if one.role in roles})
        points += steps[min(count, len(steps)) - 1] if count else 0
    return points
