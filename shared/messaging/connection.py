"""The connection to NATS, and the check that the server is one we can trust with the log."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

import nats
import structlog
from faststream.nats import NatsBroker, NatsMessage
from nats.aio.client import Client
from nats.errors import Error as NatsError

from shared.settings import Settings

logger = structlog.get_logger(__name__)

REQUIRED_API_LEVEL = 5
"""JetStream's API level of the server everything here was measured on (nats-server 2.15). Servers before 2.12 store
the messages of an atomic batch one by one and say nothing."""


class BrokerTooOld(Exception):
    """The NATS server lacks what the log needs; the process must not start."""


def connection_options(settings: Settings, name: str) -> dict[str, Any]:
    """How every process connects: it waits for the server for as long as it takes, and says so now and then."""
    last_said = 0.0

    async def say(error: Exception) -> None:
        nonlocal last_said
        if time.monotonic() - last_said > 10:  # an outage is one line now and then, not one a retry
            last_said = time.monotonic()
            logger.warning("broker_unreachable", error=str(error) or type(error).__name__)

    return {
        "servers": settings.nats_url.split(","),
        "name": name,
        "connect_timeout": 2,
        "reconnect_time_wait": 0.25,
        "max_reconnect_attempts": -1,
        "ping_interval": 10,
        "max_outstanding_pings": 3,
        "error_cb": say,
    }


async def connect(settings: Settings, name: str) -> Client:
    """A connection for a process without subscribers. Raises BrokerTooOld."""
    client = await nats.connect(**connection_options(settings, name))
    await check_server(client)
    return client


def make_broker(settings: Settings, name: str) -> NatsBroker:
    """The FastStream broker of a service with subscribers. Its own log lines go below our threshold."""
    return NatsBroker(**connection_options(settings, name), logger=None, apply_types=False, decoder=_as_received)


class Received(NamedTuple):
    """A core NATS message as subscribers get it: undecoded, with its subject."""

    subject: str
    payload: bytes


async def _as_received(message: NatsMessage) -> Received:
    return Received(message.raw_message.subject, message.body)


async def check_server(client: Client) -> None:
    """Wait until JetStream answers. Raises BrokerTooOld when the server is older than the log's guarantees."""
    while True:
        try:
            info = await client.jetstream().account_info()
            break
        except (NatsError, TimeoutError):
            await asyncio.sleep(0.25)
    level = info.api.level or 0
    if level < REQUIRED_API_LEVEL:
        version = client.connected_server_version
        raise BrokerTooOld(
            f"nats-server {version} has JetStream API level {level}, but atomic batches need level "
            f"{REQUIRED_API_LEVEL}: run nats-server 2.15 or later"
        )
