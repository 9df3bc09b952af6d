"""The dispatcher's composition root: a FastStream app that acts while it holds the lease."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import structlog
from faststream import FastStream
from ulid import ULID

from contracts.items import WorkerPresence
from contracts.subjects import ALL_PRESENCE
from services.dispatcher.dispatcher import Dispatcher
from services.dispatcher.window import Presences
from shared.messaging.cancelling import cancel
from shared.messaging.connection import Received, check_server, make_broker
from shared.messaging.lease import Lease
from shared.messaging.log import EventLog
from shared.messaging.streams import declare_log, leases_bucket
from shared.modulekit.registry import module_specs
from shared.settings import Settings

logger = structlog.get_logger(__name__)


class DispatcherApp:
    """One dispatcher process. Any number may run; one acts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._specs = module_specs(settings)
        self._presences = Presences()
        self._broker = make_broker(settings, "dispatcher")
        self._task: asyncio.Task[None] | None = None
        self.app = FastStream(self._broker, after_startup=[self._start], on_shutdown=[self._stop], logger=None)
        self._broker.subscriber(ALL_PRESENCE, no_reply=True)(self._on_presence)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        await self.app.run()

    async def ready(self) -> str | None:
        """For /readyz. A dispatcher that stands by is ready too."""
        if self._task is None or not self._broker.connection.is_connected:
            return "not connected to NATS"
        return None

    async def _start(self) -> None:
        await check_server(self._broker.connection)
        self._task = asyncio.create_task(self._serve())

    async def _stop(self) -> None:
        if self._task is not None:
            await cancel([self._task])

    async def _serve(self) -> None:
        client = self._broker.connection
        js = client.jetstream()
        await declare_log(js, self._settings)
        leases = await leases_bucket(js, self._settings)
        log = EventLog(client, "dispatcher")
        while True:
            lease = Lease(leases, "dispatcher", str(ULID()))
            try:
                await lease.acquire()
                await Dispatcher(log, lease, self._settings, self._specs, self._presences).act()
            except Exception:
                logger.exception("dispatcher_term_ended")
                await asyncio.sleep(1.0)
            finally:
                await lease.release()

    async def _on_presence(self, received: Received) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            self._presences.hear(msgspec.json.decode(received.payload, type=WorkerPresence))
