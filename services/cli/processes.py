"""The product's processes, each run in the foreground until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Protocol

import uvicorn
import uvloop

from contracts.manifest import ManifestError
from services.cli.errors import CliError, UsageError
from services.cli.surroundings import joined_settings
from shared.api.server import make_server
from shared.api.streams import OpenStreams
from shared.messaging.connection import BrokerTooOld
from shared.observability.health import operator_app
from shared.observability.logs import configure_logging
from shared.observability.tracing import exporting
from shared.settings import Settings


class Background(Protocol):
    """A service without an API: it has a life and a state of health."""

    async def run(self) -> None:
        """Until a signal."""

    async def ready(self) -> str | None:
        """What is wrong, in a sentence, or None."""


def serve_http(service: str) -> None:
    """Run gateway, projector or edge. Raises CliError when it cannot start."""
    settings = Settings.from_env()
    configure_logging(settings, service)
    with exporting(service), _sentences():
        server = make_server(*_http_app(service, settings))
        server.run()
    if not server.started:
        raise CliError(f"the {service} could not start; the lines above say why")


def _http_app(service: str, settings: Settings) -> tuple[Any, Settings, OpenStreams]:
    """What `make_server` takes: an ASGI app, settings, streams. Only the service asked for is imported."""
    match service:
        case "gateway":
            from services.gateway.app import create_app as create_gateway

            gateway = create_gateway(settings)
            return gateway, settings, gateway.state.streams
        case "projector":
            from services.projector.app import create_app as create_projector

            projector = create_projector(settings)
            return projector, settings, projector.state.streams
        case _:
            from services.edge.app import create_app as create_edge

            edge = create_edge(settings)
            return edge, settings, edge.streams


def run_dispatcher() -> None:
    """Run a dispatcher. Raises CliError when it cannot start."""
    from services.dispatcher.app import DispatcherApp

    settings = Settings.from_env()
    configure_logging(settings, "dispatcher")
    with exporting("dispatcher"), _sentences():
        uvloop.run(_run(DispatcherApp(settings), settings))


def run_worker(modules: Sequence[str]) -> None:
    """Run a worker of these modules, or of all, beside the local stack if one runs. Raises CliError."""
    from shared.modulekit.worker import Worker

    settings = joined_settings()
    configure_logging(settings, "worker")
    with exporting("worker"), _sentences():
        uvloop.run(_run(Worker(settings, [slug.replace("-", "_") for slug in modules]), settings))


async def _run(service: Background, settings: Settings) -> None:
    async with _operator(service, settings):
        await service.run()


@contextlib.asynccontextmanager
async def _operator(service: Background, settings: Settings) -> AsyncIterator[None]:
    """/livez, /readyz and /metrics on `operator_port`, on the service's own loop: one that stands still is not live."""
    if not settings.operator_port:
        yield
        return
    app = operator_app({"service": service.ready})
    config = uvicorn.Config(
        app, host=settings.host, port=settings.operator_port, log_config=None, access_log=False, server_header=False
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the service beside it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except ManifestError as error:
        raise UsageError(str(error)) from None
    except BrokerTooOld as error:
        raise CliError(str(error)) from None
