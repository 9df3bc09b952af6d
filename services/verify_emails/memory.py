"""What a process remembers of domains and mail servers, for a while and not without bound."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Values by key for `seconds`, or as long as `put` says; beyond `most` the oldest is forgotten."""

    def __init__(self, seconds: float, most: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K) -> V | None:
        value, until = self._kept.get(key, (None, 0.0))
        return value if until > self._clock() else None

    def put(self, key: K, value: V, seconds: float | None = None) -> None:
        self._kept.pop(key, None)
        self._kept[key] = value, self._clock() + (self._seconds if seconds is None else seconds)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


class Names(Generic[K]):
    """A set with a memory: members leave after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._memory: Memory[K, bool] = Memory(seconds)

    def add(self, name: K, /) -> None:
        self._memory.put(name, True)

    def __contains__(self, name: K, /) -> bool:
        return self._memory.get(name) is not None
