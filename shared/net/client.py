"""How every module gets a page: politely, once, and within bounds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

import httpx
import msgspec
from msgspec.structs import replace

from shared.net.bot_wall import bot_wall
from shared.net.egress import EgressTransport
from shared.net.errors import FailureCode, FetchError
from shared.net.exchange import Exchange, exchange
from shared.net.html import require_html
from shared.net.page_cache import Failure, PageCache
from shared.net.politeness import Politeness
from shared.net.response import Response, TlsInfo
from shared.net.robots import MAX_ROBOTS_BYTES, Robots, RobotsRules
from shared.net.single_flight import SingleFlight
from shared.net.site import normalize_site
from shared.net.twin import host_of, twin
from shared.net.url import normalise_url, parse_url
from shared.observability import metrics
from shared.settings import Settings

__all__ = ["FailureCode", "FetchError", "Fetcher", "Response", "TlsInfo", "require_html"]

ACCEPT_HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
_OPEN_REQUESTS = 256
"""In one process: more than any module's own concurrency, so that items wait for sites and not for us."""
_LARGE_PAGES = 24
"""Pages over 1 MiB in reading at once: 256 requests then hold 256 x 1 + 24 x 4 MiB at most, not 256 x 5."""
_CONNECT_SHARE = 0.5
"""Of the time for a fetch: a host that drops packets must leave time for its second address."""
_NOT_CACHED: frozenset[FailureCode] = frozenset({"invalid_url", "robots"})
"""The first costs nothing to find again; the second has its own cache."""
_HIT, _MISS = (metrics.PAGE_CACHE.labels(result) for result in ("hit", "miss"))
_TRY_HTTP: frozenset[FailureCode] = frozenset({"connection", "tls", "timeout", "protocol"})


class _How(msgspec.Struct, frozen=True):
    """What tells two requests for one address apart."""

    accept: str
    fresh: bool = False
    any_certificate: bool = False
    embedded: bool = False


_ROBOTS = _How("text/plain,*/*;q=0.5", embedded=True)


class Fetcher:
    """Fetches pages through the egress transport, the shared page cache and good manners.

    One per process; any number of concurrent calls. Logs nothing above debug.
    """

    def __init__(self, settings: Settings, cache: PageCache | None = None) -> None:
        self._settings = settings
        self._cache = cache
        self._transport = EgressTransport(settings)
        self._politeness = Politeness(settings.host_delay, shared_hosts=settings.shared_hosts)
        self._robots = Robots(settings.user_agent, self._robots_txt, settings.page_failure_ttl)
        self._slots = asyncio.Semaphore(_OPEN_REQUESTS)
        self._large_pages = asyncio.Semaphore(_LARGE_PAGES)
        self._flights: SingleFlight[Response | Failure] = SingleFlight()
        self._asking: set[tuple[str, _How]] = set()
        """The flights whose answer comes from the site, from now on."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def get(
        self,
        url: str,
        *,
        accept: str = ACCEPT_HTML,
        fresh: bool = False,
        any_certificate: bool = False,
        embedded: bool = False,
    ) -> Response:
        """The page at `url`, whatever its status, after at most `max_redirects` redirects.

        `fresh` passes over what is remembered (pages and addresses, and refreshes it): for a caller's
        second attempt and for modules that must see the site as it is now. What the site is just being
        asked for is as good, and shared. `any_certificate` is fresh too, and takes what is there for what it
        says it is; nobody else is ever shown it. `embedded`: what a page shows by itself, such as its
        pictures, which a browser asks for at once (see Politeness). The time limit counts all requests and
        the body, not the waits for the host's turn. Raises FetchError.
        """
        address = normalise_url(url)
        how = _How(accept, fresh or any_certificate, any_certificate, embedded)
        flown = self._flown(address, how)
        outcome = await self._flights.run((address, flown), lambda: self._outcome(url, address, flown))
        if isinstance(outcome, Failure) and how.fresh and not flown.fresh:  # which may come of a remembered address
            outcome = await self._flights.run((address, how), lambda: self._outcome(url, address, how))
        if isinstance(outcome, Failure):
            raise outcome.error()
        return outcome

    def _flown(self, address: str, how: _How) -> _How:
        """How the page is had: what the site is just being asked for is as new as a page can be, for all who ask."""
        other = replace(how, fresh=not how.fresh)
        is_shared = (address, other) in self._asking and (address, other) in self._flights
        return other if is_shared and not how.any_certificate else how

    async def get_site(self, site: str, *, accept: str = ACCEPT_HTML, fresh: bool = False) -> Response:
        """The home page of a `site_web`: a URL as it is, a bare host over https and, failing that, http.

        A name that does not resolve is tried once more with its `www.`, or without. Raises FetchError
        like `get`; of two failures the one that says more about the site.
        """
        usable = normalize_site(site)
        if usable is None:
            raise FetchError("invalid_url", "The value is neither a URL nor a host name.", url=site[:2048])
        try:
            return await self._site(usable, accept, fresh)
        except FetchError as unknown:
            if unknown.code != "dns" or unknown.retryable or httpx.URL(unknown.url).host != host_of(usable):
                raise
            other = await asyncio.to_thread(twin, usable)
            if other is None:
                raise
            try:
                return await self._site(other, accept, fresh)
            except FetchError as failure:
                raise (unknown if failure.code == "dns" else failure) from None

    async def _site(self, usable: str, accept: str, fresh: bool) -> Response:
        if "://" in usable:
            return await self.get(usable, accept=accept, fresh=fresh)
        try:
            return await self.get(f"https://{usable}", accept=accept, fresh=fresh)
        except FetchError as secure:
            if secure.code not in _TRY_HTTP:
                raise
            try:
                return await self.get(f"http://{usable}", accept=accept, fresh=fresh)
            except FetchError as plain:
                raise (secure if secure.code == "tls" else plain) from None

    async def _outcome(self, url: str, address: str, how: _How) -> Response | Failure:
        return await self._shared(address, how, lambda: self._follow(url, how, robots=self._settings.robots))

    async def _robots_txt(self, url: str, how: _How = _ROBOTS) -> Response:
        # A key of its own: a module that asks for the file as a page would wait for itself.
        outcome = await self._shared(
            f"robots {url}", how, lambda: self._follow(url, how, robots=False, limit=MAX_ROBOTS_BYTES)
        )
        if isinstance(outcome, Failure):
            raise outcome.error()
        return outcome

    async def _shared(self, key: str, how: _How, fetch: Callable[[], Awaitable[Response]]) -> Response | Failure:
        """What the cache knows under `key`, else what `fetch` gives, for all processes."""
        cache, claimed, kept = self._cache, False, False
        if cache is not None and not how.fresh:
            cached = await cache.get(key)
            (_MISS if cached is None else _HIT).inc()
            if cached is not None:
                return cached.outcome
            claimed = True
        outcome: Response | FetchError
        try:
            self._asking.add((key, how))
            try:
                outcome = await fetch()
            except FetchError as error:
                outcome = error
            finally:
                self._asking.discard((key, how))
            _count(outcome)
            if cache is not None and _is_kept(outcome, how):
                await cache.put(key, outcome, self._ttl(outcome))
                kept = True
        finally:
            if cache is not None and claimed and not kept:
                await cache.release(key)
        return Failure.of(outcome) if isinstance(outcome, FetchError) else outcome

    def _ttl(self, outcome: Response | FetchError) -> float:
        good = isinstance(outcome, Response) and outcome.status < 400 and bot_wall(outcome) is None
        return self._settings.page_cache_ttl if good else self._settings.page_failure_ttl

    async def _follow(self, requested: str, how: _How, *, robots: bool, limit: int | None = None) -> Response:
        """Fetch and follow; with a `limit` (bytes) the body is cut there instead of refused."""
        url = parse_url(requested)
        chain: list[str] = []
        cookies: dict[str, dict[str, str]] = {}
        try:
            async with asyncio.timeout(self._settings.fetch_timeout) as budget:
                while True:
                    rules = await self._rules(url, budget, how) if robots else None
                    async with self._turn(url.host, rules, budget, embedded=how.embedded):
                        began = time.monotonic()
                        answer = await self._request(url, how, cookies.get(url.host, {}), limit)
                    if answer.location is None:
                        return _response(requested, url, answer, chain, time.monotonic() - began)
                    cookies.setdefault(url.host, {}).update(_cookies(answer.headers))
                    if len(chain) >= self._settings.max_redirects:
                        raise FetchError(
                            "too_many_redirects",
                            f"The site redirects more than {len(chain)} times.",
                            url=str(url),
                        )
                    url = _next(url, answer.location)
                    chain.append(str(url))
        except TimeoutError:
            seconds = self._settings.fetch_timeout
            raise FetchError("timeout", f"{url.host} took longer than {seconds:g} seconds.", url=str(url)) from None

    async def _request(self, url: httpx.URL, how: _How, cookies: dict[str, str], limit: int | None) -> Exchange:
        headers = {
            "User-Agent": self._settings.user_agent,
            "Accept": how.accept,
            "Accept-Encoding": "gzip",  # the one encoding that can be inflated within bounds
            "Accept-Language": "fr-FR,fr;q=0.9,en;q=0.6",
        }
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return await exchange(
            self._transport,
            url,
            headers,
            connect_timeout=self._settings.fetch_timeout * _CONNECT_SHARE,
            max_bytes=limit or self._settings.max_page_bytes,
            large_pages=self._large_pages,
            truncate=limit is not None,
            fresh_dns=how.fresh,
            any_certificate=how.any_certificate,
        )

    async def _rules(self, url: httpx.URL, budget: asyncio.Timeout, how: _How) -> RobotsRules:
        anew = partial(self._robots_txt, how=replace(how, accept=_ROBOTS.accept, embedded=True)) if how.fresh else None
        resume = _pause(budget)
        try:
            rules = await self._robots.rules(url, anew, keep=not how.any_certificate)
        finally:
            resume()
        if not rules.allows(str(url)):
            message = rules.refusal or "The site's robots.txt does not allow this page."
            raise FetchError("robots", message, retryable=rules.refusal is not None, url=str(url))
        return rules

    @asynccontextmanager
    async def _turn(
        self, host: str, rules: RobotsRules | None, budget: asyncio.Timeout, *, embedded: bool
    ) -> AsyncIterator[None]:
        resume = _pause(budget)
        try:
            asked = rules.crawl_delay if rules else None
            async with self._politeness.turn(host, asked, embedded=embedded), self._slots:
                resume()
                yield
        finally:
            resume()


def _is_kept(outcome: Response | FetchError, how: _How) -> bool:
    return not how.any_certificate and not (isinstance(outcome, FetchError) and outcome.code in _NOT_CACHED)


def _count(outcome: Response | FetchError) -> None:
    if isinstance(outcome, FetchError):
        metrics.FETCHES.labels(outcome.code).inc()
    else:
        metrics.FETCHES.labels(f"{outcome.status // 100}xx").inc()
        metrics.FETCHED_BYTES.inc(len(outcome.body))


def _pause(budget: asyncio.Timeout) -> Callable[[], None]:
    """Stop the clock of `budget` until the returned function is called; further calls do nothing."""
    loop = asyncio.get_running_loop()
    when = budget.when()
    left = 0.0 if when is None else when - loop.time()
    budget.reschedule(None)

    def resume() -> None:
        nonlocal when
        if when is not None:
            budget.reschedule(loop.time() + left)
            when = None

    return resume


def _next(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return parse_url(str(url.join(location)))
    except (httpx.InvalidURL, ValueError):
        raise FetchError("invalid_url", "The site redirects to what is not a URL.", url=str(url)) from None


def _cookies(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Name and value of each Set-Cookie: within one chain, sites that test for cookies get theirs back."""
    pairs = (value.partition(";")[0].partition("=") for name, value in headers if name == "set-cookie")
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _response(requested: str, url: httpx.URL, answer: Exchange, chain: list[str], seconds: float) -> Response:
    return Response(
        requested_url=requested,
        url=str(url),
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        http_version=answer.http_version,
        elapsed_ms=round(seconds * 1000),
        redirects=chain,
        tls=answer.tls,
        ip=answer.ip,
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
