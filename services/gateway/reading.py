"""Reading what the log has now, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from shared.messaging.log import EventLog, LogUnavailable
from shared.messaging.tail import Message

_PATIENCE = 5.0
"""Seconds of silence until the log is taken for gone; an ordered read by itself waits as long as it takes."""


async def read_now(log: EventLog, *subjects: str, after: int = 0, upto: int | None = None) -> AsyncIterator[Message]:
    """The messages of these subjects in order, up to a sequence or to the end. Raises LogUnavailable."""
    messages = aiter(log.read(*subjects, after=after, upto=upto))
    while True:
        try:
            async with asyncio.timeout(_PATIENCE):
                message = await anext(messages)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise LogUnavailable("the event log did not answer in time") from None
        yield message
