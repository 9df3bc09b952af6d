"""`python -m tests.unit.geography.measure`: the figures of docs/geography.md."""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import shared.net  # noqa: F401 - what any service has loaded already is not counted
from shared.geography import Geography, UnknownZone
from tests.unit.geography.test_zones import KNOWN

T = TypeVar("T")


def main() -> None:
    before = _memory()
    geography, seconds = _timed(Geography.load)
    print(f"| load | {seconds * 1e3:.0f} ms, {_memory() - before:.0f} MB |")
    france = geography.resolve("France")
    _, seconds = _timed(lambda: geography.grid([france]))
    print(f"| grid(France) | {seconds * 1e3:.1f} ms |")
    _, seconds = _timed(lambda: geography.grid([france], finer=True))
    print(f"| grid(France, finer) | {seconds * 1e3:.0f} ms |")
    _, seconds = _timed(lambda: [geography.resolve(text) for text, row in KNOWN for _ in range(10)])
    print(f"| resolve, mean of the test's spellings | {seconds / len(KNOWN) * 1e5:.0f} µs |")
    _, seconds = _timed(lambda: [_misspelled(geography) for _ in range(20)])
    print(f"| resolve, unknown, with suggestions | {seconds / 20 * 1e3:.1f} ms |")
    before = _memory()
    _, seconds = _timed(lambda: geography.outlines)
    print(f"| outlines, on first use | {seconds * 1e3:.0f} ms, {_memory() - before:.0f} MB |")
    for name, box in {"all over France": (43, -1, 50, 7), "around Paris": (48.7, 2.1, 49, 2.6)}.items():
        south, west, north, east = box
        draw = random.Random(1)
        points = [(draw.uniform(south, north), draw.uniform(west, east)) for _ in range(100_000)]
        _, seconds = _timed(lambda points=points: [geography.commune_at(*point) for point in points])
        print(f"| commune_at, {name} | {len(points) / seconds:,.0f} /s |")
    for zone in (
        "France",
        "DROM",
        "Paris",
        "75015",
        "Lyon",
        "Lyon 2e",
        "Marseille",
        "Toulouse",
        "Arles",
        "Ouessant",
        "Lyon 30 km",
    ):
        sizes = Counter(tile.size for tile, _ in geography.grid([geography.resolve(zone)]))
        row = " | ".join(str(sizes[500 << n]) for n in range(6))
        print(f"| {zone} | {sizes.total()} | {row} |")


def _misspelled(geography: Geography) -> None:
    try:
        geography.resolve("bordeau")
    except UnknownZone:
        return


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    return call(), time.process_time() - start


def _memory() -> float:
    """The process's peak, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
