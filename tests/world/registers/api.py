"""What the scripted registers have in common: the invented companies, a limit, and a ban for who does not keep it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tests.world.places.api import Answer, FakeApi, Request, as_json
from tests.world.registers.register import Firm

MASK = "[NON-DIFFUSIBLE]"
INSEE_MASK = "[ND]"


class RegisterApi(FakeApi):
    """At most `limit` requests in any `window` seconds (0: any number); the rest is answered 429.

    After `patience` of those nobody is talked to any more: connections are closed without a word, as a load balancer
    does that has banned an address.
    """

    def __init__(self, firms: Sequence[Firm], *, limit: int = 0, window: float = 1.0, patience: int = 1) -> None:
        super().__init__()
        self.firms = {firm.siren: firm for firm in firms}
        self.limit = limit
        self.window = window
        self.patience = patience
        self.excesses: list[float] = []
        """When a request came too early."""
        self._counted: deque[float] = deque()

    @property
    def banned(self) -> bool:
        return len(self.excesses) >= self.patience

    def busiest(self) -> int:
        """The most requests that came in any one window."""
        times = [request.at for request in self.requests]
        return max((sum(start <= at < start + self.window for at in times) for start in times), default=0)

    def too_many(self) -> Answer:
        """What a request beyond the limit gets."""
        return as_json({"erreur": "Trop de requêtes"}, 429, Retry_After="1")

    async def _reply(self, request: Request) -> Answer:
        if self.banned:
            raise ConnectionAbortedError
        if self.limit:
            while self._counted and self._counted[0] <= request.at - self.window:
                self._counted.popleft()
            if len(self._counted) >= self.limit:
                self.excesses.append(request.at)
                return self.too_many()
            self._counted.append(request.at)
        return await super()._reply(request)
