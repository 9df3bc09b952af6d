"""The projector: the read API, and the projection beside it. The composition root."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.openapi.spec import Tag
from nats.aio.client import Client

from services.projector.hub import Hubs
from services.projector.maps import Maps
from services.projector.projection import Projector
from services.projector.reader import Reader
from services.projector.routes import ROUTES
from shared.api.app import make_app
from shared.api.errors import RETRY_AFTER, problem
from shared.api.streams import OpenStreams
from shared.artefacts import open_artefacts
from shared.artefacts.retention import keep_sweeping
from shared.identity.accounts import Accounts
from shared.identity.api_keys import ApiKeys
from shared.identity.authenticator import Authenticator
from shared.identity.credential_cache import CredentialCache
from shared.identity.sessions import Sessions
from shared.messaging.cancelling import cancel
from shared.messaging.connection import connect
from shared.messaging.lease import Lease
from shared.messaging.log import EventLog
from shared.messaging.streams import declare_log, identity_bucket, leases_bucket, sessions_bucket
from shared.observability.metrics import EVENT_HUBS, EVENT_STREAMS
from shared.settings import Settings
from shared.store import Store, StoreUnavailable, open_store

LEASE = "projector"
_PATIENT = 30.0
"""Seconds the projection waits for an answer of MongoDB: a page of rows has 4 MB."""


def create_app(settings: Settings, *, project: bool = True, streams: OpenStreams | None = None) -> Litestar:
    """The read API; with `project` this process also takes part in projecting (one acts, others stand by).

    `streams` are what the server must end first when it leaves; `app.state.streams` has them.
    """
    parts = _Parts(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with parts.open(app.state, project=project):
            yield

    router = Router(
        path="/",
        route_handlers=ROUTES,
        exception_handlers={StoreUnavailable: _store_unavailable},
    )
    return make_app(
        title="Outsend projector",
        routes=[router],
        settings=settings,
        lifespan=lifespan,
        checks={"nats": parts.check_nats, "mongodb": parts.check_mongodb},
        streams=streams,
        tags=[Tag(name="jobs", description="Reading jobs, their progress and their output.")],
    )


class _Parts:
    """The connections of one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._store: Store | None = None

    @contextlib.asynccontextmanager
    async def open(self, state: State, *, project: bool) -> AsyncIterator[None]:
        """Connect, serve and project until the context is left."""
        settings = self._settings
        async with contextlib.AsyncExitStack() as stack:
            self._client = client = await connect(settings, "projector")
            stack.push_async_callback(client.close)
            self._store = store = open_store(settings)
            stack.callback(store.close)
            await declare_log(client.jetstream(), settings)
            log = EventLog(client, "projector")
            reader = Reader(log, store)
            hubs = Hubs(log, reader)
            EVENT_HUBS.set_function(lambda: len(hubs))
            EVENT_STREAMS.set_function(lambda: len(state.streams))
            stack.push_async_callback(hubs.close)
            state.reader, state.hubs, state.maps = reader, hubs, Maps(log)
            state.identity = await _authenticator(client, settings)
            state.artefacts = artefacts = open_artefacts(settings)
            stack.push_async_callback(artefacts.aclose)
            if project:
                await stack.enter_async_context(_projecting(client, log, settings))
                sweeping = asyncio.create_task(keep_sweeping(artefacts, settings.retention_days), name="artefacts")
                stack.push_async_callback(cancel, [sweeping])
            yield

    async def check_nats(self) -> str | None:
        """For /readyz."""
        return None if self._client is not None and self._client.is_connected else "not connected"

    async def check_mongodb(self) -> str | None:
        """For /readyz."""
        if self._store is None:
            return "not connected"
        await self._store.ping()
        return None


async def _authenticator(client: Client, settings: Settings) -> Authenticator:
    js = client.jetstream()
    identity = await identity_bucket(js, settings)
    sessions = await sessions_bucket(js, settings)
    # Nothing is remembered: a logout or a revoked key in the gateway must count here at once.
    return Authenticator(
        Accounts(identity),
        Sessions(sessions, idle_days=settings.session_days),
        ApiKeys(identity),
        CredentialCache(seconds=0.0),
    )


@contextlib.asynccontextmanager
async def _projecting(client: Client, log: EventLog, settings: Settings) -> AsyncIterator[None]:
    store = open_store(settings, timeout=_PATIENT, fail_fast=False)
    lease = Lease(await leases_bucket(client.jetstream(), settings), LEASE, f"{socket.gethostname()}:{os.getpid()}")
    task = asyncio.create_task(Projector(log, store, lease).run(), name="projector")
    try:
        yield
    finally:
        await cancel([task])
        store.close()


def _store_unavailable(_: Request[Any, Any, Any], __: StoreUnavailable) -> Response[Any]:
    detail = "Results cannot be read at the moment. Try again shortly."
    return problem(503, detail, {"Retry-After": str(RETRY_AFTER)})
