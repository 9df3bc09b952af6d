"""CPU of each module that reads a site: milliseconds a page of 150 KB, and seconds for a page of 5 MB.

    make bench-modules ARGS="--sites 40"

Pages are those of generated small businesses; a module gets the kinds that it asks for. The clock is the CPU time of
one thread, from the bytes of the answers to the columns: decoding, parsing, outline, extraction; divided by the pages.
`again` is of pages that another module of the process has read before, as in a family of jobs. brand_assets without its
pictures and screenshots, which have processes of their own. The last line is
`RESULT modules_slowest_median <ms> ms_per_page`.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from services.brand_assets.findings import read as read_brand
from services.dead_check.judge import judge
from services.dead_check.look import Look, Visit
from shared.net.response import Response
from shared.web.site_pages import SitePage
from tests.bench.running import machine, percentile, result
from tests.world.firms import PATHS, Firm, FirmPage, firm_html

Extract = Callable[[Sequence[SitePage]], object]
_READS: dict[str, tuple[FirmPage, ...]] = {
    "emails": ("home", "contact", "legal", "about"),
    "socials": ("home", "contact"),
    "phones_extra": ("home", "contact", "legal"),
    "legal_ids": ("home", "legal", "terms", "contact"),
    "legal_mentions": ("home", "legal", "terms", "contact"),
    "pricing": ("home", "pricing"),
    "ads_intelligence": ("home",),
    "brand_assets": ("home",),
    "dead_check": ("home",),
}
"""The pages of each module, as it asks for them."""
_OWN = 1000
"""Sites of each module: what one has read helps the next."""
_LARGE = 5 * 1024 * 1024 - 10_000
"""Bytes: the largest page that is read."""


def extractor(slug: str) -> Extract:
    """A module's way from pages to columns."""
    if slug == "brand_assets":
        return lambda pages: read_brand(pages[0].page)
    if slug == "dead_check":
        return lambda pages: judge(Look([Visit(asked=pages[0].url, response=pages[0]._source)]))
    extract: Extract = importlib.import_module(f"services.{slug}.extract").extract
    return extract


def answer(number: int, kind: FirmPage, size: int) -> Response:
    """A page as the fetcher brings it."""
    firm = Firm(number)
    url = f"https://{firm.host}{PATHS[kind]}"
    return Response(
        requested_url=url,
        url=url,
        status=200,
        headers=[("content-type", "text/html; charset=utf-8"), ("server", "nginx")],
        body=firm_html(firm, kind, size).encode(),
        http_version="HTTP/1.1",
        elapsed_ms=120,
        redirects=[],
        tls=None,
        ip="203.0.113.7",
        fetched_at="2026-11-22T08:00:00+00:00",
    )


def cpu(work: Callable[[], Any]) -> float:
    """Milliseconds of this thread."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def measure(slug: str, sites: int, size: int) -> float:
    """Print a module's line; the median."""
    extract, kinds = extractor(slug), _READS[slug]
    extract([SitePage("home", answer(0, "home", 2000))])  # rules are compiled at the first use
    first, again = [], []
    for number in range(1, sites + 1):
        answers = [(kind, answer(_OWN * list(_READS).index(slug) + number, kind, size)) for kind in kinds]
        for times in (first, again):
            pages = [SitePage(kind, one) for kind, one in answers]
            times.append(cpu(lambda: extract(pages)) / len(kinds))  # noqa: B023 - called at once
    large = SitePage("home", answer(_OWN * list(_READS).index(slug), "home", _LARGE))
    median = statistics.median(first)
    print(
        f"{slug:<18}{len(kinds):>6}{median:>9.2f}{percentile(first, 0.99):>9.2f}{statistics.median(again):>9.2f}"
        f"{cpu(lambda: extract([large])) / 1000:>9.2f}",
        flush=True,
    )
    return median


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=40)
    parser.add_argument("--kilobytes", type=int, default=150)
    options = parser.parse_args()
    print(f"{machine()}; {options.sites} sites, pages of {options.kilobytes} KB; CPU milliseconds a page")
    print(f"{'':<18}{'pages':>6}{'median':>9}{'p99':>9}{'again':>9}{'5 MB: s':>9}")
    medians = [measure(slug, options.sites, options.kilobytes * 1000) for slug in _READS]
    result("modules_slowest_median", max(medians), "ms_per_page")


if __name__ == "__main__":
    main()
