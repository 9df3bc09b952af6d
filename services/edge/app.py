"""The edge: one ASGI app before the gateway and the projector, for deployments without a proxy of their own.

GET and HEAD of /api/jobs* and /api/brand-assets/* go to the projector, everything else to the gateway. Both apps live
and end with this one.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
import structlog
from litestar import Litestar

from services.edge.openapi import merged
from services.gateway.app import create_app as create_gateway
from services.projector.app import create_app as create_projector
from shared.api.streams import OpenStreams
from shared.observability.health import Readiness
from shared.settings import Settings

logger = structlog.get_logger(__name__)

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]

_READS = frozenset({"GET", "HEAD"})
_READ_PATHS = ("/api/jobs/", "/api/brand-assets/")


class Edge:
    """The ASGI app; hand its `streams` to `make_server`."""

    def __init__(self, gateway: Litestar, projector: Litestar, streams: OpenStreams) -> None:
        self.streams = streams
        self._gateway = gateway
        self._projector = projector
        self._document = msgspec.json.encode(merged(gateway, projector))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the process's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/schema/openapi.json" and scope["method"] == "GET":
            await _answer(send, 200, self._document, b"application/vnd.oai.openapi+json")
        elif scope["path"] == "/readyz":
            await self._readyz(scope, send)
        else:
            await self._app(scope)(scope, receive, send)  # type: ignore[arg-type]

    def _app(self, scope: Scope) -> Litestar:
        path = scope["path"]
        is_read = scope["method"] in _READS and (path == "/api/jobs" or path.startswith(_READ_PATHS))
        return self._projector if is_read else self._gateway

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Both apps, from start to end."""
        async with self._gateway.lifespan(), self._projector.lifespan():
            # One memory of credentials: what the gateway revokes is refused by both at once.
            self._projector.state.identity = self._gateway.state.identity
            yield

    async def _live(self, receive: Receive, send: Send) -> None:
        step = "startup"
        try:
            await receive()
            async with self.lifespan():
                await send({"type": "lifespan.startup.complete"})
                step = "shutdown"
                await receive()
        except Exception as error:
            logger.exception("edge_failed", step=step)
            if step == "startup":
                await send({"type": "lifespan.startup.failed", "message": str(error)})
            else:
                await send({"type": "lifespan.shutdown.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    async def _readyz(self, scope: Scope, send: Send) -> None:
        """Ready when both are; every check by the name of its app."""
        checks: dict[str, str] = {}
        is_ready = True
        for name, app in (("gateway", self._gateway), ("projector", self._projector)):
            found = msgspec.json.decode(await _body_of(app, scope), type=Readiness)
            is_ready &= found.ready
            checks |= {f"{name}.{check}": said for check, said in found.checks.items()}
        await _answer(send, 200 if is_ready else 503, msgspec.json.encode(Readiness(is_ready, checks)))


async def _body_of(app: Litestar, scope: Scope) -> bytes:
    body = bytearray()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def collect(message: Any) -> None:
        body.extend(message.get("body", b""))

    await app(scope.copy(), receive, collect)  # type: ignore[arg-type]
    return bytes(body)


async def _answer(send: Send, status: int, body: bytes, media_type: bytes = b"application/json") -> None:
    headers = [
        (b"content-type", media_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def create_app(settings: Settings, *, project: bool = True) -> Edge:
    """Gateway and projector behind one app."""
    streams = OpenStreams()
    return Edge(
        create_gateway(settings, streams=streams),
        create_projector(settings, project=project, streams=streams),
        streams,
    )
