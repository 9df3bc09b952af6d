"""Writes into the log by hand what the gateway and the workers would write, and what they never would."""

import contextlib
from datetime import UTC, datetime, timedelta

import msgspec
from ulid import ULID

from contracts.events import JobRequested
from contracts.manifest import load_manifests
from contracts.subjects import job_subject
from services.gateway.batch import JobWriter, NewJob
from shared.messaging.connection import connect
from shared.messaging.log import Draft, EventLog
from tests.live import MODULES


@contextlib.asynccontextmanager
async def author(product):
    """An Author for the product's log."""
    client = await connect(product.stack.settings, "author")
    try:
        yield Author(EventLog(client, "author"))
    finally:
        await client.close()


class Author:
    """Appends to the log."""

    def __init__(self, log):
        self.log = log
        self._spec = load_manifests((MODULES,))["faulty"]

    async def request(self, tenant, items, *, job_type="faulty", lasts=timedelta(days=30)):
        """A job with a retention or a module that the API would not give it."""
        job, now = f"j_{ULID()}", datetime.now(UTC)
        request = JobRequested(
            owner=tenant,
            job_type=job_type,
            total=len(items),
            ef_cost=0.01,
            expires_at=_text(now + lasts),
            params={"mode": "plain", "shout": False},
            produces=self._spec.columns,
            unit="items",
        )
        raw = [msgspec.Raw(msgspec.json.encode(item)) for item in items]
        await JobWriter(self.log).write(NewJob(id=job, tenant=tenant, at=_text(now), request=request, items=raw))
        return job

    async def results(self, tenant, job):
        """The payloads of the job's result messages there are now."""
        return [message.payload async for message in self.log.read(job_subject(tenant, job, "results"))]

    async def say_again(self, tenant, job, payload):
        """A result message once more, as a broker or a worker in trouble would."""
        await self.log.publish(Draft(job_subject(tenant, job, "results"), payload))


def _text(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
