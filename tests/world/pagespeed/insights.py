"""`runPagespeed` of PageSpeed Insights v5 as its discovery document has it, around a result of a real Lighthouse."""

from __future__ import annotations

import asyncio
import copy
import json
import zlib
from collections import Counter, deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.world.pagespeed import errors
from tests.world.pagespeed.visitor import Visitor
from tests.world.places.api import Answer, FakeApi, Request, as_json, require

KEY = "AIzaTheOperatorsOwnKey"
PATH = "/pagespeedonline/v5/runPagespeed"
_CATEGORIES = {"ACCESSIBILITY", "BEST_PRACTICES", "PERFORMANCE", "SEO", "AGENTIC_BROWSING"}
_PARAMETERS = {"url", "strategy", "category", "locale", "key", "utm_campaign", "utm_source", "captchaToken"}
_ONCE = _PARAMETERS - {"category"}


@cache
def _saved() -> str:
    return Path(__file__).with_name("lighthouse.json").read_text("utf-8")


def result(**changes: Any) -> dict[str, Any]:
    """A `lighthouseResult`, trimmed to what is read of it; `changes` replace its members."""
    told: dict[str, Any] = json.loads(_saved())
    return told | changes


def measured(url: str, strategy: str) -> dict[str, Any]:
    """The whole answer for a page: the same every time, another for another page, a desktop the faster."""
    seed = zlib.crc32(url.encode())
    told = result(requestedUrl=url, finalUrl=url, mainDocumentUrl=url, finalDisplayedUrl=url)
    slow = 1.0 if strategy == "MOBILE" else 0.3
    told["configSettings"] |= {"formFactor": strategy.lower(), "emulatedFormFactor": strategy.lower()}
    told["categories"]["performance"]["score"] = (35 + seed % 40 + (20 if strategy == "DESKTOP" else 0)) / 100
    for name, least in (
        ("first-contentful-paint", 900),
        ("largest-contentful-paint", 1800),
        ("total-blocking-time", 60),
    ):
        told["audits"][name]["numericValue"] = (least + seed % 700) * slow + 0.25
    told["audits"]["cumulative-layout-shift"]["numericValue"] = seed % 300 / 1000
    return {
        "captchaResult": "CAPTCHA_NOT_NEEDED",
        "kind": "pagespeedonline#result",
        "id": url,
        "loadingExperience": field(url, interaction=100 + seed % 200),
        "originLoadingExperience": field(url, interaction=150),
        "lighthouseResult": told,
        "analysisUTCTimestamp": "2026-11-02T08:30:02.118Z",
        "version": {"major": 5, "minor": 0},
    }


def field(url: str, *, interaction: int | None = 180, shift: int = 12) -> dict[str, Any]:
    """What real visitors met with (CrUX); a layout shift of 0.12 is written as 12."""
    metrics = {
        "CUMULATIVE_LAYOUT_SHIFT_SCORE": _percentile(shift, 10, 25),
        "FIRST_CONTENTFUL_PAINT_MS": _percentile(2101, 1800, 3000),
        "LARGEST_CONTENTFUL_PAINT_MS": _percentile(3050, 2500, 4000),
    }
    if interaction is not None:
        metrics["INTERACTION_TO_NEXT_PAINT"] = _percentile(interaction, 200, 500)
    return {"id": url, "metrics": metrics, "overall_category": "AVERAGE", "initial_url": url}


def _percentile(value: int, good: int, poor: int) -> dict[str, Any]:
    shares = [
        {"min": 0, "max": good, "proportion": 0.7},
        {"min": good, "max": poor, "proportion": 0.2},
        {"min": poor, "proportion": 0.1},
    ]
    category = "FAST" if value <= good else "AVERAGE" if value <= poor else "SLOW"
    return {"percentile": value, "distributions": shares, "category": category}


class Insights(FakeApi):
    """Measures any page, or with a visitor those that are there. `asked` counts requests by url and strategy.

    `quota`: so many requests in so many seconds, then 429. `scripts` answer for a host in the measurement's place.
    """

    def __init__(self, *, visitor: Visitor | None = None, quota: tuple[int, float] | None = None) -> None:
        super().__init__()
        self.asked: Counter[tuple[str, str]] = Counter()
        self.scripts: dict[str, Callable[[Request], Answer]] = {}
        self.gate = asyncio.Event()
        """Closed, it holds every answer back."""
        self.gate.set()
        self._visitor = visitor
        self._quota = quota
        self._recent: deque[float] = deque()

    @property
    def env(self) -> dict[str, str]:
        """The variables of shared/settings.py that make the product ask here."""
        return {
            "OUTSEND_PAGESPEED_URL": self.url,
            "OUTSEND_PAGESPEED_KEY": KEY,
            "OUTSEND_PAGESPEED_RATE": "1000",
        }

    async def respond(self, request: Request) -> Answer:
        await self.gate.wait()
        url, strategy = self._parameters(request)
        if request.query["key"] != KEY:
            return errors.bad_key()
        if self._is_over_quota(request.at):
            return errors.quota_used_up()
        self.asked[url, strategy.lower()] += 1
        if (script := self.scripts.get(urlsplit(url).hostname or "")) is not None:
            return script(request)
        if self._visitor is not None and (refused := await self._visitor.visit(url)) is not None:
            return refused
        return as_json(measured(url, strategy))

    def refuse(self, why: str) -> Answer:
        return errors.invalid(why)

    def _parameters(self, request: Request) -> tuple[str, str]:
        require((request.method, request.path) == ("GET", PATH), f"GET {PATH}")
        names = Counter(name for name, _ in request.pairs)
        require(set(names) <= _PARAMETERS, f"unknown name {set(names) - _PARAMETERS}")
        require(all(names[name] <= 1 for name in _ONCE), "only category may be repeated")
        require(names["key"], "without a key a few requests a day are answered")
        url, strategy = request.query.get("url", ""), request.query.get("strategy", "")
        require(urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname, f"Invalid value at 'url': {url}")
        require(strategy in ("MOBILE", "DESKTOP"), "the strategy is to be said, or it is a desktop's")
        asked = [value for name, value in request.pairs if name == "category"]
        require(len(set(asked)) == len(asked) and set(asked) <= _CATEGORIES, f"categories {asked}")
        require({"PERFORMANCE", "ACCESSIBILITY", "BEST_PRACTICES", "SEO"} <= set(asked), "four categories are wanted")
        require(request.query.get("locale") == "fr", "titles are wanted in French")
        return url, strategy

    def _is_over_quota(self, now: float) -> bool:
        if self._quota is None:
            return False
        most, seconds = self._quota
        while self._recent and self._recent[0] <= now - seconds:
            self._recent.popleft()
        self._recent.append(now)
        return len(self._recent) > most


def without_score(url: str, strategy: str, category: str = "performance") -> dict[str, Any]:
    """An answer whose mark could not be given."""
    told = copy.deepcopy(measured(url, strategy))
    told["lighthouseResult"]["categories"][category]["score"] = None
    return told
