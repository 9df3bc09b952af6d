"""A queue, a log, and runners for modules that a test writes as a function."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from nats.aio.client import Client

from contracts import codec, subjects
from contracts.events import ItemProcessed
from contracts.items import ItemRequested
from contracts.manifest import ModuleSpec
from shared.messaging.log import EventLog
from shared.messaging.streams import declare_log, declare_stream, module_consumer, queue_config, suspects_bucket
from shared.modulekit.module import Context, Process
from shared.modulekit.results import ResultWriter
from shared.modulekit.runner import ModuleRunner
from shared.modulekit.suspects import Suspects
from shared.net.client import Fetcher
from shared.settings import Settings
from tests.unit.modulekit.test_output import spec

TENANT, JOB = "u_1", "j_1"


class Workshop:
    def __init__(self, client: Client, settings: Settings) -> None:
        self.client = client
        self.settings = settings
        self.js = client.jetstream()
        self.log = EventLog(client, "probe")
        self._runners: list[ModuleRunner] = []

    async def open(self) -> None:
        await declare_log(self.js, self.settings)
        await declare_stream(self.js, queue_config(self.settings))
        self.suspects = await suspects_bucket(self.js, self.settings)

    async def add_consumer(self, slug: str = "probe") -> None:
        await self.js.add_consumer(subjects.QUEUE_STREAM, module_consumer(slug))

    def runner(self, process: Process, *, client: Client | None = None, module: ModuleSpec | None = None, **more: Any):
        """A runner that has begun to take items."""
        client = client or self.client
        module = module or spec(**({"timeout": 10, "concurrency": 4} | more))
        log = EventLog(client, module.slug)

        async def say(*_: object) -> None:
            pass

        runner = ModuleRunner(
            client,
            module,
            process,
            Context(module, self.settings, Fetcher(self.settings), say),
            writer=ResultWriter(log),
            suspects=Suspects(self.suspects),
            worker=f"worker-{len(self._runners)}",
        )
        runner.start()
        self._runners.append(runner)
        return runner

    async def put(
        self, *rows: dict[str, Any], job: str = JOB, first: int = 0, slug: str = "probe", **options: Any
    ) -> None:
        """Queue items, as the dispatcher does."""
        acks = []
        for index, row in enumerate(rows, start=first):
            item = ItemRequested(job=job, tenant=TENANT, job_type=slug, index=index, item=row, options=options)
            acks.append(await self.js.publish_async(subjects.item_subject(slug, job), msgspec.json.encode(item)))
        await asyncio.gather(*acks)

    async def messages(self, count: int, job: str = JOB) -> list[list[ItemProcessed]]:
        """The messages of results in the log, once they carry so many events in all."""
        found: list[list[ItemProcessed]] = []
        async with asyncio.timeout(40), contextlib.aclosing(self.log.tail(f"jobs.*.{job}.results").messages()) as tail:
            async for message in tail:
                found.append([envelope.data for envelope in codec.decode(message.payload)])
                if sum(map(len, found)) >= count:
                    return found
        raise AssertionError

    async def results(self, count: int, job: str = JOB) -> list[ItemProcessed]:
        """The results in the log, in its order, once there are so many."""
        return [event for message in await self.messages(count, job) for event in message]

    async def indexes(self, count: int, job: str = JOB) -> list[ItemProcessed]:
        """The first result of each index in the log, once there are so many; a dead worker's items may come twice."""
        first: dict[int, ItemProcessed] = {}
        async with asyncio.timeout(60), contextlib.aclosing(self.log.tail(f"jobs.*.{job}.results").messages()) as tail:
            async for message in tail:
                for envelope in codec.decode(message.payload):
                    first.setdefault(envelope.data.index, envelope.data)
                if len(first) >= count:
                    break
        return list(first.values())

    async def all_results(self, job: str = JOB) -> list[ItemProcessed]:
        """Every result that is in the log now, second ones included."""
        messages = [codec.decode(message.payload) async for message in self.log.read(f"jobs.*.{job}.results")]
        return [envelope.data for message in messages for envelope in message]

    async def queue_is_empty(self) -> None:
        async with asyncio.timeout(20):
            while (await self.js.stream_info(subjects.QUEUE_STREAM)).state.messages:
                await asyncio.sleep(0.02)

    async def consumer(self, slug: str = "probe"):
        return await self.js.consumer_info(subjects.QUEUE_STREAM, subjects.durable(slug))

    async def close(self) -> None:
        for runner in self._runners:
            await runner.drain(0.0)
