"""How many France equivalents a tenant has used this month, read from the log's lifecycles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from ulid import ULID

from contracts import codec, subjects
from contracts.events import Event, JobDeleted, JobEnded, JobRequested
from services.gateway.reading import read_now
from shared.job.state import shown_cost
from shared.messaging.log import EventLog

_TENANTS = 1_000
"""Kept in memory; the one that asked least recently is forgotten first, and read again when it asks."""

Month = tuple[int, int]


class _Usage(msgspec.Struct):
    month: Month
    costs: dict[str, float]
    position: int = 0


class EfUsage:
    """Sums the shown `ef_cost` over the jobs created this UTC month; what a job cost in the end wins.

    The first answer for a tenant reads all its lifecycles, later ones only what is new: an answer is never stale.
    """

    def __init__(self, log: EventLog, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._log = log
        self._now = now
        self._tenants: OrderedDict[str, _Usage] = OrderedDict()

    async def of(self, tenant: str) -> float:
        """With three decimals. Raises LogUnavailable."""
        now = self._now()
        usage = self._usage(tenant, (now.year, now.month))
        subject = subjects.tenant_lifecycles(tenant)
        newest = await self._log.last(subject)
        if newest and newest.sequence > usage.position:
            async for message in read_now(self._log, subject, after=usage.position, upto=newest.sequence):
                if message.sequence > usage.position:  # two requests at once read the same
                    usage.position = message.sequence
                    _take(usage, message.subject, message.payload)
        return round(sum(usage.costs.values()), 3)

    def _usage(self, tenant: str, month: Month) -> _Usage:
        usage = self._tenants.pop(tenant, None)
        if usage is None or usage.month != month:
            # Jobs of the new month stand behind what was read, but for those the clocks disagree about.
            usage = _Usage(month, {})
        self._tenants[tenant] = usage
        if len(self._tenants) > _TENANTS:
            self._tenants.popitem(last=False)
        return usage


def _take(usage: _Usage, subject: str, payload: bytes) -> None:
    job = subjects.parse_job_subject(subject).job
    if created_in(job) != usage.month:
        return
    for envelope in codec.decode_slim(payload):
        cost = _cost(envelope.data)
        if cost is not None:
            usage.costs[job] = cost


def _cost(event: Event) -> float | None:
    match event:
        case JobRequested() | JobEnded():
            return shown_cost(event.ef_cost)
        case JobDeleted():  # one that never ran costs nothing
            return shown_cost(event.ef_cost) if event.ef_cost else 0.0
        case _:
            return None


def created_in(job: str) -> Month:
    """The UTC year and month in a job id's time."""
    created = ULID.from_str(job.removeprefix("j_")).datetime
    return created.year, created.month
