"""What the mail servers were told: sessions, recipients, how many at once, and what a client must not do."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec


class Visit(msgspec.Struct):
    """One connection to a server."""

    host: str
    client: str
    begun: float
    """Seconds by the monotonic clock."""
    ended: float = 0.0
    """0: it is open still."""
    hello: str = ""
    """The name the client gave."""
    sender: str = ""
    tls: bool = False
    recipients: list[tuple[str, int]] = []
    """Each address asked about, and the code of the reply."""
    ending: Literal["", "quit", "left", "dropped"] = ""
    """Who ended it: the client properly, the client without a word, or the server."""
    sent: int = 0
    """Bytes."""


class Ledger:
    """Of all servers. Written by one event loop; may be read by any thread."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.violations: list[str] = []
        """What a client sent that no client may send, each with the server's name."""
        self.over: Counter[str] = Counter()
        """Connections above a server's limit, by host."""
        self.most_open: Counter[str] = Counter()
        """The most connections at once, by host."""
        self._open: Counter[str] = Counter()

    def enter(self, visit: Visit) -> int:
        """Note a connection; how many the host has now."""
        self.visits.append(visit)
        self._open[visit.host] += 1
        self.most_open[visit.host] = max(self.most_open[visit.host], self._open[visit.host])
        return self._open[visit.host]

    def leave(self, visit: Visit, at: float) -> None:
        """Note its end."""
        visit.ended = at
        self._open[visit.host] -= 1

    def of(self, host: str) -> list[Visit]:
        """The visits to a host, in order."""
        return [visit for visit in list(self.visits) if visit.host == host]

    def replies(self, address: str) -> list[int]:
        """The codes that were said to this recipient, in order, at all servers."""
        return [code for visit in list(self.visits) for asked, code in visit.recipients if asked == address]

    def questions(self) -> int:
        """Recipients asked about in all, invented ones included."""
        return sum(len(visit.recipients) for visit in list(self.visits))

    def reset(self) -> None:
        """Forget everything but what is open."""
        self.visits.clear()
        self.violations.clear()
        self.over.clear()
        self.most_open.clear()
