"""Dispatchers and workers over one broker, and the jobs a test gives them."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError

from contracts import codec
from contracts.events import Envelope, Event, ItemsSubmitted, JobEnded, JobRequested
from contracts.subjects import job_history, job_subject
from services.dispatcher.app import DispatcherApp
from shared.job import JobState, fold
from shared.messaging.log import EventLog, Fence
from shared.messaging.streams import leases_bucket
from shared.modulekit.worker import Worker
from shared.settings import Settings

TENANT = "u_1"


def times(offset: float) -> str:
    """So many seconds from now, as envelopes say it."""
    at = datetime.now(UTC) + timedelta(seconds=offset)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Office:
    def __init__(self, client: Client, settings: Settings) -> None:
        self.client = client
        self.settings = settings
        self.js = client.jetstream()
        self.log = EventLog(client, "gateway")
        self._stack = contextlib.AsyncExitStack()

    async def dispatcher(self) -> DispatcherApp:
        """One more dispatcher."""
        return await self._run(DispatcherApp(self.settings))

    async def worker(self, slug: str = "noop") -> Worker:
        """One more worker process, as far as the broker can tell."""
        return await self._run(Worker(self.settings, [slug]))

    async def _run(self, service):
        await service.app.start()
        self._stack.push_async_callback(service.app.stop)
        return service

    async def close(self) -> None:
        await self._stack.aclose()

    async def request(
        self,
        job: str,
        count: int,
        *,
        tenant: str = TENANT,
        job_type: str = "noop",
        expires: float = 3600,
        **row: object,
    ) -> None:
        """A job of `count` items, as the gateway writes it."""
        items = [{"nom": f"{job}-{index}", **row} for index in range(count)]
        chunks = [ItemsSubmitted(first=first, items=items[first : first + 500]) for first in range(0, count, 500)]
        requested = JobRequested(
            owner=tenant, job_type=job_type, total=count, ef_cost=0.1, expires_at=times(expires), produces=["echo"]
        )
        drafts = [self.log.draft(tenant, job, [chunk]) for chunk in chunks]
        fence = Fence(job_subject(tenant, job, "lifecycle"), 0)
        await self.log.publish_atomic([*drafts, self.log.draft(tenant, job, [requested], fence=fence)])

    async def history(self, job: str, tenant: str = TENANT) -> list[Envelope]:
        """Every event of a job that is in the log now."""
        found = [codec.decode(m.payload) async for m in self.log.read(job_history(tenant, job))]
        return [envelope for message in found for envelope in message]

    async def state(self, job: str, tenant: str = TENANT) -> JobState:
        return fold(await self.history(job, tenant))

    async def until(self, job: str, *kinds: type[Event], tenant: str = TENANT, timeout: float = 40) -> Envelope:
        """The job's first event of these kinds, once it is in the log."""
        tail = self.log.tail(job_history(tenant, job))
        async with asyncio.timeout(timeout), contextlib.aclosing(tail.messages()) as messages:
            async for message in messages:
                for envelope in codec.decode(message.payload):
                    if isinstance(envelope.data, kinds):
                        return envelope
        raise AssertionError

    async def results_at_least(self, job: str, count: int, tenant: str = TENANT) -> None:
        tail = self.log.tail(job_subject(tenant, job, "results"))
        seen = 0
        async with asyncio.timeout(40), contextlib.aclosing(tail.messages()) as messages:
            async for message in messages:
                seen += len(codec.decode(message.payload))
                if seen >= count:
                    return

    async def lease_is_held(self) -> bool:
        """Whether another dispatcher would have to wait until the lease runs out."""
        try:
            await (await leases_bucket(self.js, self.settings)).get("dispatcher")
        except KeyNotFoundError:
            return False
        return True

    async def left(self, job: str, tenant: str = TENANT) -> dict[str, int]:
        """How many messages of the job each channel still has."""
        info = await self.js.stream_info("JOBS", subjects_filter=job_history(tenant, job))
        return {subject.rpartition(".")[2]: count for subject, count in (info.state.subjects or {}).items()}

    async def until_left(self, job: str, **channels: int) -> None:
        async with asyncio.timeout(20):
            while await self.left(job) != channels:
                await asyncio.sleep(0.05)

    async def assert_whole(self, job: str, count: int, kind: type[JobEnded], tenant: str = TENANT) -> None:
        """One terminal event, every item with a result before it, and counts that say so."""
        history = await self.history(job, tenant)
        ends = [position for position, envelope in enumerate(history) if isinstance(envelope.data, JobEnded)]
        assert [type(history[position].data) for position in ends] == [kind]
        state = fold(history[: ends[0]])
        assert state.processed == count == history[ends[0]].data.processed_points
        assert (state.results, state.rows) == (history[ends[0]].data.results_count, history[ends[0]].data.rows)
        assert sum(type(envelope.data).__name__ == "JobStarted" for envelope in history) == 1
