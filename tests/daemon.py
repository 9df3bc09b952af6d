"""Servers of the distribution's packages as child processes on loopback, for as long as an `async with` block."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.child import LEASH
from deploy.ports import free_port

_SECONDS = 20.0
"""For a start or an end: both take far less than one, on a machine that does nothing else."""


def program(name: str) -> str | None:
    """Where a program is, the administrator's included; None: not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Daemon:
    """A server with a folder and a port of its own; inside the block it answers, after it nothing is left.

    If we are killed it dies with us.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        """0 until the block is entered: a free one."""
        self.folder = Path()

    def command(self) -> Sequence[str | Path]:
        """Prepare the folder; the command, by its full path, that runs the server in the foreground till SIGTERM."""
        raise NotImplementedError

    def log(self) -> str:
        """What the server has said so far."""
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            # Not pytest's folder: its owner alone may enter that, and its name is too long for a Unix socket.
            folder = tempfile.TemporaryDirectory(prefix=f"{type(self).__name__.lower()}-")
            self.folder = Path(stack.enter_context(folder))
            self.folder.chmod(0o755)
            self.port = self.port or free_port()
            command = await asyncio.to_thread(self.command)
            leash = [sys.executable, "-I", "-S", LEASH, str(os.getpid())]
            process = subprocess.Popen([*leash, *command], start_new_session=True)
            stack.push_async_callback(asyncio.to_thread, _end, process)
            await asyncio.to_thread(self._until_it_greets, process)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _until_it_greets(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1) as probe:
                if probe.recv(1):
                    return
            assert process.poll() is None, f"{process.args} ended:\n{self.log()}"
            time.sleep(0.01)
        raise TimeoutError(f"{process.args} does not answer:\n{self.log()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(_SECONDS)
