"""uvicorn on uvloop and httptools, with an exit that does not wait for open event streams.

Left to itself uvicorn waits for every response to end, and an event stream never does: here the first signal ends the
streams, then connections drain, then the app's lifespan closes; 0.2 s in all.
"""

from __future__ import annotations

import asyncio
import socket
from types import FrameType
from typing import Any

import uvicorn
from litestar.types import ASGIApp

from shared.api.streams import OpenStreams
from shared.memory import settle_memory
from shared.settings import Settings

_DRAIN = 10
"""Seconds an ordinary response may still take after the signal."""


class Server(uvicorn.Server):
    """A server whose exit begins with the streams. A stop that was asked for ends in exit code 0."""

    def __init__(self, config: uvicorn.Config, streams: tuple[OpenStreams, ...]) -> None:
        super().__init__(config)
        self._streams = streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind the sockets; from now on a signal reaches the streams."""
        for streams in self._streams:
            streams.bind(asyncio.get_running_loop())
        await super().startup(sockets=sockets)
        settle_memory()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT."""
        self._end_streams()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        """Leave as after a signal; for servers that run inside another process's loop."""
        self._end_streams()
        self.should_exit = True

    def _end_streams(self) -> None:
        for streams in self._streams:
            streams.close_soon()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain and close; the signal is not raised again afterwards."""
        await super().shutdown(sockets=sockets)
        self._captured_signals.clear()


def make_server(app: ASGIApp, settings: Settings, *streams: OpenStreams, port: int | None = None) -> Server:
    """A server for the app: `run()` it, or `await serve()` it in a loop that runs already.

    `streams` are those of every app behind it; `port` replaces the settings' own (0: any free one).
    """
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port if port is None else port,
        "loop": "auto",  # uvloop where it exists
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # X-Forwarded-For is read by client_address, from trusted proxies alone
        "timeout_keep_alive": 65,  # above what proxies keep, so that it is never us who closes under a request
        "timeout_graceful_shutdown": _DRAIN,
        "backlog": 2048,
    }
    return Server(uvicorn.Config(app, **options), streams)
