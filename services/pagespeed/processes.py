"""Programs of a measurement: each in a process group of its own, of which nothing is left when its block is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping, Sequence

_GONE_SECONDS = 5.0


@contextlib.asynccontextmanager
async def program(
    argv: Sequence[str], env: Mapping[str, str], folder: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run it in the folder; at the end of the block it and all that it started are killed. Raises OSError.

    Its standard input is a pipe that nobody writes to: it closes when we end, however we do.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
        env=dict(env),
        cwd=folder,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GONE_SECONDS):
                await process.wait()


@contextlib.asynccontextmanager
async def scratch_folder() -> AsyncIterator[str]:
    """A folder that is gone after the block, whatever a browser left in it."""
    folder = tempfile.mkdtemp(prefix="outsend-lighthouse-")
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
