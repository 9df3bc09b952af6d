"""What was asked: counts and a log per host, and gates that hold answers back until a test opens them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque

import msgspec

LOG_LENGTH = 20_000
"""Older entries are forgotten, counts are not: a benchmark of a million requests stays small."""


class Entry(msgspec.Struct, frozen=True):
    """One request that arrived whole."""

    at: float
    """Seconds by the monotonic clock."""
    host: str
    scheme: str
    method: str
    target: str
    user_agent: str
    accept_encoding: str


class Ledger:
    """The world's memory of what it was asked. Lives on one event loop."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.visits: Counter[str] = Counter()
        """Requests for anything but robots.txt."""
        self.questions: Counter[str] = Counter()
        self.log: deque[Entry] = deque(maxlen=LOG_LENGTH)
        self.connections = 0
        self._arrivals: set[asyncio.Future[None]] = set()
        self._gates: dict[str, asyncio.Event] = {}

    def record(self, entry: Entry) -> int:
        """Note a request; the number of visits to the host so far."""
        self.requests[entry.host] += 1
        self.visits[entry.host] += entry.target != "/robots.txt"
        self.log.append(entry)
        self._wake()
        return self.visits[entry.host]

    def record_question(self, host: str) -> int:
        """Note a DNS question for an address; its ordinal for the host, from 1."""
        self.questions[host] += 1
        self._wake()
        return self.questions[host]

    async def wait_for(self, host: str, count: int) -> None:
        """Return once `host` has had `count` requests (its answers may still be on their way)."""
        while self.requests[host] < count:
            arrival = asyncio.get_running_loop().create_future()
            self._arrivals.add(arrival)
            try:
                await arrival
            finally:
                self._arrivals.discard(arrival)

    def hold(self, host: str) -> None:
        """From now on requests to `host` arrive and wait, unanswered, until `release`."""
        self._gates.setdefault(host, asyncio.Event())

    def release(self, host: str) -> None:
        """Answer what waits at `host`, and what comes."""
        if gate := self._gates.pop(host, None):
            gate.set()

    def gate(self, host: str) -> asyncio.Event | None:
        """What a request to `host` must wait for, if anything."""
        return self._gates.get(host)

    def reset(self) -> None:
        """Forget everything and open every gate."""
        self.requests.clear()
        self.visits.clear()
        self.questions.clear()
        self.log.clear()
        self.connections = 0
        for host in list(self._gates):
            self.release(host)

    def snapshot(self) -> dict[str, object]:
        """For the control URL."""
        return {
            "requests": dict(self.requests),
            "questions": dict(self.questions),
            "connections": self.connections,
        }

    def _wake(self) -> None:
        for arrival in self._arrivals:
            if not arrival.done():
                arrival.set_result(None)


def now() -> float:
    """The log's clock."""
    return time.monotonic()
