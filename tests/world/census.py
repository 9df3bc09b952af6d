"""What sites were asked while several modules read them: each page once, or how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec

from tests.world.firms import PATHS, PICTURES
from tests.world.town import CONTROL_HOST

_PAGES = frozenset(PATHS.values())


class Census(msgspec.Struct, frozen=True):
    """Requests to some generated businesses, over all of them."""

    sites: int
    robots: int
    pages: int
    """Requests for pages, those for the home page included."""
    pictures: int
    others: int
    """Addresses that the sites do not have."""
    again: int
    """Requests for a page or a picture that had been asked for before."""

    @property
    def all(self) -> int:
        return self.robots + self.pages + self.pictures + self.others

    def line(self) -> str:
        """For a table, a site."""
        parts = (self.all, self.robots, self.pages, self.pictures, self.others, self.again)
        return "".join(f"{part / self.sites:>10.2f}" for part in parts)


def asked(world: Mapping[str, Any], hosts: Iterable[str]) -> dict[str, Counter[str]]:
    """How often each path of each host was asked for. `world` is what world.json says."""
    url = f"http://127.0.0.1:{world['http_port']}/log"
    with httpx.Client(headers={"Host": CONTROL_HOST}, trust_env=False) as client, ThreadPoolExecutor(4) as threads:
        names = list(hosts)
        logs = threads.map(lambda host: client.get(f"{url}?{host}").json(), names)
        return {host: Counter(entry["target"] for entry in log) for host, log in zip(names, logs, strict=True)}


def census(by_host: Mapping[str, Counter[str]]) -> Census:
    """The sum over the hosts."""
    paths: Counter[str] = sum(by_host.values(), Counter())
    kinds = {path: "pages" if path in _PAGES else "pictures" if path in PICTURES else "others" for path in paths}
    counts = Counter({kind: sum(n for path, n in paths.items() if kinds[path] == kind) for kind in set(kinds.values())})
    robots = paths["/robots.txt"]
    again = sum(n - 1 for host in by_host.values() for path, n in host.items() if path in _PAGES or path in PICTURES)
    return Census(len(by_host), robots, counts["pages"], counts["pictures"], counts["others"] - robots, again)
