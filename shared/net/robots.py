"""robots.txt as RFC 9309 has it, parsed by protego, kept for a day."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import httpx
import msgspec
from protego import Protego

from shared.net.errors import FetchError
from shared.net.page_cache import Failure
from shared.net.response import Response
from shared.net.single_flight import SingleFlight

MAX_ROBOTS_BYTES = 500 * 1024
"""What RFC 9309 section 2.5 asks a crawler to read at least; the rest is ignored."""
Fetch = Callable[[str], Awaitable[Response]]
"""Gets a robots.txt, following redirects, cut at MAX_ROBOTS_BYTES. Raises FetchError."""
_KEEP_SECONDS = 24 * 3600.0
"""Section 2.4: not to be used for longer than a day."""
_MAX_WEIGHT = 16 * 1024 * 1024
_ENTRY_WEIGHT = 2048
"""The cache is bounded by the characters of the rules it holds, each entry counting this much more."""
_THREAD_FROM = 32 * 1024
_USER_AGENT_LINE = re.compile(r"[ \t]*user[- ]?agent[ \t]*[:\s][ \t]*(.*)", re.IGNORECASE)


class RobotsRules:
    """What one origin's robots.txt says to us. `refusal` is set when nothing may be fetched at all."""

    def __init__(self, text: str, agent: str, refusal: str | None = None) -> None:
        self._rules = Protego.parse(text) if text else None
        self._agent = agent
        self.refusal = refusal
        self.weight = len(text) + _ENTRY_WEIGHT

    def allows(self, url: str) -> bool:
        return self.refusal is None and (self._rules is None or bool(self._rules.can_fetch(url, self._agent)))

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between two requests, when the site asks for it."""
        return None if self._rules is None else self._rules.crawl_delay(self._agent)


class _Entry(msgspec.Struct, frozen=True):
    outcome: RobotsRules | FetchError
    expires_at: float


class Robots:
    """The rules of every origin met, fetched once and bounded in memory.

    `failure_ttl` (seconds) is how long an unreadable file or a dead site is not asked again.
    """

    def __init__(
        self,
        user_agent: str,
        fetch: Fetch,
        failure_ttl: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._agent = product_token(user_agent)
        self._fetch = fetch
        self._failure_ttl = failure_ttl
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._weight = 0
        self._flights: SingleFlight[RobotsRules | FetchError] = SingleFlight()

    async def rules(self, url: httpx.URL, anew: Fetch | None = None, *, keep: bool = True) -> RobotsRules:
        """The rules for `url`'s origin.

        With `anew` what is not known yet is asked through it, for others too if `keep`; and what failed before is asked
        again, for this call alone.

        4xx: everything is allowed. 5xx, or unreadable: nothing is, for now (`refusal`). When the site
        itself cannot be reached, its own FetchError is raised: the page would end the same way.
        """
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        entry = self._entries.get(origin)
        own = False

        async def load() -> RobotsRules | FetchError:
            nonlocal own
            own = True
            return await self._load(origin, anew or self._fetch)

        outcome: RobotsRules | FetchError | None = None
        if entry is not None and entry.expires_at > self._clock():
            self._entries.move_to_end(origin)
            outcome = entry.outcome
        elif keep:
            outcome = await self._flights.run(origin, load)
        if outcome is None or (anew and _failed(outcome) and not own):
            outcome = await self._read(f"{origin}/robots.txt", anew or self._fetch)
        if isinstance(outcome, FetchError):
            raise Failure.of(outcome).error()
        return outcome

    async def _load(self, origin: str, fetch: Fetch) -> RobotsRules | FetchError:
        outcome = await self._read(f"{origin}/robots.txt", fetch)
        ttl = self._failure_ttl if _failed(outcome) else _KEEP_SECONDS
        self._keep(origin, _Entry(outcome, self._clock() + ttl))
        return outcome

    async def _read(self, address: str, fetch: Fetch) -> RobotsRules | FetchError:
        try:
            response = await fetch(address)
        except FetchError as error:
            if error.code == "too_many_redirects":
                return RobotsRules("", self._agent)  # section 2.3.1.2: may be taken for unavailable
            if _same_site(error.url, address):
                return error
            return RobotsRules("", self._agent, "The site's robots.txt leads to where it cannot be read.")
        if response.status >= 500:
            return RobotsRules("", self._agent, f"The site's robots.txt answered {response.status}.")
        return await self._parse(response)

    async def _parse(self, response: Response) -> RobotsRules:
        if response.status >= 300 or _is_html(response.body):
            return RobotsRules("", self._agent)
        text = for_agent(response.body.decode("utf-8-sig", "replace"), self._agent)
        if len(text) < _THREAD_FROM:
            return RobotsRules(text, self._agent)
        return await asyncio.to_thread(RobotsRules, text, self._agent)

    def _keep(self, origin: str, entry: _Entry) -> None:
        self._drop(origin)
        self._entries[origin] = entry
        self._weight += _weight(entry)
        while self._weight > _MAX_WEIGHT:
            self._drop(next(iter(self._entries)))

    def _drop(self, origin: str) -> None:
        dropped = self._entries.pop(origin, None)
        if dropped is not None:
            self._weight -= _weight(dropped)


def _failed(outcome: RobotsRules | FetchError) -> bool:
    return isinstance(outcome, FetchError) or outcome.refusal is not None


def product_token(user_agent: str) -> str:
    """The name robots.txt files know a crawler by: the User-Agent up to its version."""
    return re.split(r"[/\s]", user_agent.strip(), maxsplit=1)[0]


def for_agent(text: str, agent: str) -> str:
    """The file with the names of all other crawlers made one.

    The parser copies each rule into every group that is named above it: a hostile file of some
    thousand names and some thousand rules would cost their product.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines):
        named = _USER_AGENT_LINE.match(line)
        if named is not None:
            name = named[1].partition("#")[0].strip().lower()
            if name != "*" and name.replace("*", "") not in agent.lower():
                lines[number] = "User-agent: any-other-crawler"
    return "\n".join(lines)


def _weight(entry: _Entry) -> int:
    return entry.outcome.weight if isinstance(entry.outcome, RobotsRules) else _ENTRY_WEIGHT


def _same_site(one: str, other: str) -> bool:
    hosts = [httpx.URL(url).host.removeprefix("www.") for url in (one, other)]
    return hosts[0] == hosts[1]


def _is_html(body: bytes) -> bool:
    """Many sites answer every unknown path with their home page."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
