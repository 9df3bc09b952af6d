"""What gateway, dispatcher and modules would write into the log, told by hand."""

import asyncio
import time

from ulid import ULID

from contracts.events import (
    DeleteRequested,
    ItemError,
    ItemProcessed,
    JobCancelled,
    JobCompleted,
    JobDeleted,
    JobExpired,
    JobLogged,
    JobRequested,
    JobStarted,
)
from contracts.subjects import job_history, job_subject

TENANT = "u_01TENANT"
EXPIRES = "2099-01-01T00:00:00Z"


def job_id(moment=None):
    return f"j_{ULID.from_timestamp(moment) if moment else ULID()}"


def ok(index, **row):
    row = row or {"nom": f"N{index}", "site_web": f"https://s{index}.example", "tech_cms": "wordpress"}
    return ItemProcessed(index=index, label=f"s{index}.example", rows=[row], found=1, report={"index": index})


def bad(index):
    return ItemProcessed(
        index=index, label=f"s{index}", rows=[{"nom": f"N{index}", "tech_cms": None}], error=ItemError(code="timeout")
    )


class Story:
    """Appends to the log; each method gives the sequence of its message."""

    def __init__(self, log, tenant=TENANT):
        self.log = log
        self.tenant = tenant

    async def request(self, job=None, total=3, job_type="techstack", **more):
        job = job or job_id()
        event = JobRequested(
            owner=self.tenant,
            job_type=job_type,
            total=total,
            ef_cost=0.01,
            expires_at=EXPIRES,
            produces=["tech_cms"],
            unit="sites",
            **more,
        )
        await self.append(job, event)
        return job

    async def append(self, job, *events):
        return await self.log.append(self.tenant, job, *events)

    async def start(self, job):
        return await self.append(job, JobStarted())

    async def say(self, job, message):
        return await self.append(job, JobLogged(level="info", message=message))

    async def end(self, job, event=JobCompleted, *, processed, results=None, errors=0, rows=None, **more):
        ended = event(
            processed_points=processed,
            results_count=processed if results is None else results,
            error_count=errors,
            total_attempts_count=processed,
            rows=processed if rows is None else rows,
            expires_at=EXPIRES,
            ef_cost=0.01,
            **more,
        )
        return await self.append(job, ended)

    async def done(self, total=3, job=None, **more):
        """A whole job: requested, started, processed, completed."""
        job = await self.request(job, total=total, **more)
        await self.start(job)
        for first in range(0, total, 64):
            await self.append(job, *(ok(index) for index in range(first, min(first + 64, total))))
        await self.end(job, processed=total)
        return job

    async def cancel(self, job, processed):
        return await self.end(job, JobCancelled, processed=processed)

    async def expire(self, job):
        sequence = await self.append(job, JobExpired())
        for channel in ("items", "results", "log"):
            await self.log.purge(job_subject(self.tenant, job, channel))
        return sequence

    async def ask_delete(self, job):
        return await self.append(job, DeleteRequested(by=self.tenant))

    async def delete(self, job):
        sequence = await self.append(job, JobDeleted(ef_cost=0.0))
        await self.log.purge(job_history(self.tenant, job), below=sequence)
        return sequence


async def until(check, timeout=20.0):
    """Wait until `check` gives something true, and give it."""
    deadline = time.monotonic() + timeout
    while True:
        if found := await check():
            return found
        assert time.monotonic() < deadline, "it never came to be"
        await asyncio.sleep(0.02)


async def until_ready(store, job, timeout=20.0):
    """The job's view once its rows can be read."""

    async def look():
        view = await (await store.current(fresh=True)).job(job)
        return view if view and view.ready else None

    return await until(look, timeout)
