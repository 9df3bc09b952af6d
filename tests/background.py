"""An async context manager for a suite that is not async: on an event loop and a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

T = TypeVar("T")


@contextlib.contextmanager
def background(entered: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """What `entered` gives, alive on the other thread until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="background", daemon=True)
    thread.start()
    try:
        given = asyncio.run_coroutine_threadsafe(entered.__aenter__(), loop).result()
        try:
            yield given
        finally:
            asyncio.run_coroutine_threadsafe(entered.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
