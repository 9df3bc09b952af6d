"""A worker process: one FastStream app that hosts the runners of one or more modules."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from faststream import FastStream
from ulid import ULID

from contracts import codec
from contracts.events import CancelRequested, DeleteRequested, JobDeleted, JobEnded, JobLogged, Level
from contracts.items import ItemRequested
from contracts.manifest import ManifestError, ModuleSpec
from contracts.subjects import ALL_LIFECYCLES, parse_job_subject
from shared.memory import settle_memory
from shared.messaging.connection import Received, check_server, make_broker
from shared.messaging.log import EventLog, LogFull, LogUnavailable
from shared.messaging.streams import declare_log, pages_bucket, suspects_bucket
from shared.modulekit.module import Context
from shared.modulekit.registry import load_process, module_specs
from shared.modulekit.results import ResultWriter
from shared.modulekit.runner import ModuleRunner
from shared.modulekit.suspects import Suspects
from shared.modulekit.watchdog import Watchdog
from shared.net.answers import Answers
from shared.net.client import Fetcher
from shared.net.page_cache import KvPageCache
from shared.net.upstream import Quotas
from shared.settings import Settings

logger = structlog.get_logger(__name__)

_ENDS = (CancelRequested, DeleteRequested, JobEnded, JobDeleted)


class Worker:
    """The runners of some modules over one connection, one fetcher and one page cache."""

    def __init__(self, settings: Settings, slugs: Sequence[str]) -> None:
        self._settings = settings
        self._specs = _chosen(settings, slugs)
        self._runners: list[ModuleRunner] = []
        self._broker = make_broker(settings, "worker")
        self._watchdog: asyncio.Task[None] | None = None
        self.app = FastStream(self._broker, after_startup=[self._start], on_shutdown=[self._stop], logger=None)
        # FastStream answers whatever asks for an answer: the writer would take ours for the log's own.
        self._broker.subscriber(ALL_LIFECYCLES, no_reply=True)(self._on_lifecycle)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; then what runs is finished, within `drain_timeout`."""
        await self.app.run()

    async def ready(self) -> str | None:
        """For /readyz."""
        if self._watchdog is None or not self._broker.connection.is_connected:
            return "not connected to NATS"
        return None

    async def _start(self) -> None:
        client = self._broker.connection
        await check_server(client)
        js = client.jetstream()
        await declare_log(js, self._settings)
        fetcher = self._fetcher = Fetcher(
            self._settings, KvPageCache(await pages_bucket(js, self._settings), self._settings)
        )
        log = EventLog(client, "worker")
        writer = ResultWriter(log)
        suspects = Suspects(await suspects_bucket(js, self._settings))
        quotas = await Quotas.open(js, self._settings)
        answers = await Answers.open(js, self._settings)
        name = str(ULID())

        async def say(item: ItemRequested, level: Level, message: str) -> None:
            await _log_line(log, item, level, message)

        for spec in self._specs:
            runner = ModuleRunner(
                client,
                spec,
                load_process(spec),
                Context(spec, self._settings, fetcher, say, quotas=quotas, answers=answers),
                writer=writer,
                suspects=suspects,
                worker=name,
                concurrency=self._settings.worker_concurrency,
            )
            runner.start()
            self._runners.append(runner)
        self._watchdog = asyncio.create_task(Watchdog().run())
        settle_memory()
        logger.info("worker_ready", modules=[spec.slug for spec in self._specs])

    async def _stop(self) -> None:
        drains = (runner.drain(self._settings.drain_timeout) for runner in self._runners)
        await asyncio.gather(*drains)
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._runners:
            await self._fetcher.aclose()

    async def _on_lifecycle(self, received: Received) -> None:
        try:
            ended = any(isinstance(envelope.data, _ENDS) for envelope in codec.decode_slim(received.payload))
        except ValueError:  # an event of a newer version, or none of ours
            return
        if ended:
            job = parse_job_subject(received.subject).job
            for runner in self._runners:
                runner.forget(job)


def _chosen(settings: Settings, slugs: Sequence[str]) -> list[ModuleSpec]:
    specs = module_specs(settings)
    unknown = [slug for slug in slugs if slug not in specs]
    if unknown:
        raise ManifestError(f"unknown module {', '.join(unknown)}; there are: {', '.join(specs)}")
    chosen = [specs[slug] for slug in slugs] or list(specs.values())
    return [spec for spec in chosen if not spec.coming_soon]


async def _log_line(log: EventLog, item: ItemRequested, level: Level, message: str) -> None:
    try:
        await log.append(item.tenant, item.job, JobLogged(level=level, message=message))
    except (LogUnavailable, LogFull) as error:
        logger.warning("job_line_lost", tenant=item.tenant, job_id=item.job, index=item.index, error=str(error))
