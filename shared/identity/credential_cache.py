"""Credentials known to be good, for a moment: a page that polls must not cost several store reads a request.

What revokes a credential in this process takes effect at once; in other processes within CACHE_SECONDS.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from shared.identity.guards import Identity

CACHE_SECONDS = 3.0
_SIZE = 10_000


class CredentialCache:
    """Identities by the digest of their credential; the least recently used go first."""

    def __init__(
        self,
        *,
        seconds: float = CACHE_SECONDS,
        size: int = _SIZE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        self.generation = 0
        """Goes up when anything is forgotten."""

    def get(self, credential: str) -> Identity | None:
        """The identity, if it was put less than `seconds` ago."""
        entry = self._entries.get(credential)
        if entry is None or self._clock() >= entry[1]:
            return None
        self._entries.move_to_end(credential)
        return entry[0]

    def put(self, credential: str, identity: Identity, generation: int) -> None:
        """Keep what was looked up since `generation`; if something was forgotten meanwhile it may be stale."""
        if generation != self.generation:
            return
        self._entries[credential] = (identity, self._clock() + self._seconds)
        self._entries.move_to_end(credential)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, credential: str) -> None:
        """The credential is to be looked up again."""
        self.generation += 1
        self._entries.pop(credential, None)

    def forget_user(self, user_id: str) -> None:
        """All credentials of a user are to be looked up again."""
        self.generation += 1
        for credential in [key for key, (identity, _) in self._entries.items() if identity.user_id == user_id]:
            del self._entries[credential]
