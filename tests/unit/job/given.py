"""Events in envelopes, written short."""

from __future__ import annotations

from contracts.codec import slim_type
from contracts.events import TYPE_NAMES, Envelope, Event, ItemError, ItemProcessed, JobRequested

TENANT, JOB = "u_1", "j_1"
AT = "2026-05-27T09:12:03.000Z"
EXPIRES = "2026-06-26T09:12:03.000Z"


def envelope(event: Event, at: str = AT) -> Envelope:
    name = TYPE_NAMES.get(type(event)) or slim_type(event)
    return Envelope(id="01", source="/outsend/test", type=name, subject=JOB, time=at, tenant=TENANT, data=event)


def request(total: int = 2, **more) -> JobRequested:
    values = {"owner": TENANT, "job_type": "techstack", "ef_cost": 0.04, "expires_at": EXPIRES, "unit": "sites"} | more
    return JobRequested(total=total, **values)


def requested(total: int = 2, **more) -> Envelope:
    return envelope(request(total, **more))


def good(index: int, *, attempts: int = 1) -> ItemProcessed:
    return ItemProcessed(index=index, attempts=attempts, rows=[{"site_web": f"{index}.example"}], found=1)


def bad(index: int, *, attempts: int = 1) -> ItemProcessed:
    return ItemProcessed(
        index=index, attempts=attempts, rows=[{"site_web": f"{index}.example"}], error=ItemError(code="dns")
    )
