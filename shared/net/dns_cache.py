"""What name servers said, for as long as they said it holds (RFC 1035 TTL, RFC 2308 for absence)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

MIN_SECONDS = 5.0
"""For a TTL of a second or two. One of zero is honoured: such an answer is not kept."""
MAX_SECONDS = 3600.0
MAX_ABSENT_SECONDS = 60.0
"""A name that is missing may be registered at any time."""
_MAX_NAMES = 10_000
_MAX_ADDRESSES = 32
"""Longer answers are used and not kept: real sites have fewer than 10."""


class Answer(msgspec.Struct, frozen=True):
    """All addresses of a name, or the sentence that says why there is none; `ttl` in seconds, 0: not to be kept."""

    addresses: tuple[str, ...]
    ttl: float
    absent: str = ""


class DnsCache:
    """Answers by name, the one that was not used for longest making way. Says nothing about who may be reached."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: OrderedDict[str, tuple[Answer, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, name: str) -> Answer | None:
        """What still holds."""
        answer, until = self._answers.get(name, (None, 0.0))
        if answer is None or until <= self._clock():
            self._answers.pop(name, None)
            return None
        self._answers.move_to_end(name)
        return answer

    def put(self, name: str, answer: Answer) -> None:
        self._answers.pop(name, None)
        if answer.ttl <= 0 or len(answer.addresses) > _MAX_ADDRESSES:
            return
        most = MAX_ABSENT_SECONDS if answer.absent else MAX_SECONDS
        self._answers[name] = answer, self._clock() + min(max(answer.ttl, MIN_SECONDS), most)
        if len(self._answers) > _MAX_NAMES:
            self._answers.popitem(last=False)
