"""The worker's side: a few imaging processes, each replaced when a picture breaks it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

from services.brand_assets.imaging.protocol import Developed, Order, Purpose, Spoilt, receive, send

_PROCESSES = 2
_SECONDS = 10.0
"""For one picture. An ordinary one takes 5 to 60 ms."""
_START_SECONDS = 20.0
"""A further allowance for the first one of a new process, which imports its libraries first."""
_MAX_BODY = 16 * 1024 * 1024


class _Process:
    """One child and its socket; the thread that made it is the only one to use it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # Isolated, and without the secrets of our environment: what it reads may take it over.
            environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
            argv = [sys.executable, "-I", "-m", "services.brand_assets.imaging.child", str(theirs.fileno())]
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                argv,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = ours
        self._allowance = _START_SECONDS

    def develop(self, order: Order) -> Developed | Spoilt | None:
        """The picture; None: the process is broken and must be closed."""
        self._connection.settimeout(_SECONDS + self._allowance)
        self._allowance = 0.0
        with contextlib.suppress(OSError, ValueError):
            send(self._connection, order)
            return receive(self._connection, Developed | Spoilt)  # type: ignore[arg-type]
        return None

    def close(self) -> None:
        self._connection.close()
        self._child.kill()
        self._child.wait()


class Imaging:
    """Develops pictures off the event loop and out of this process. One per worker; any number of callers."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_PROCESSES, thread_name_prefix="imaging")
        self._mine = threading.local()
        self._processes: set[_Process] = set()
        self._finalizer = weakref.finalize(self, _close, self._threads, self._processes)

    async def develop(self, body: bytes, purpose: Purpose) -> Developed | Spoilt:
        """What became of a picture. A picture that breaks its process, or takes too long, is spoilt. Never raises."""
        if not 0 < len(body) <= _MAX_BODY:
            return Spoilt("empty, or too many bytes")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._develop, Order(body, purpose))

    def close(self) -> None:
        """End the processes; pictures in work are spoilt."""
        self._finalizer()

    def _develop(self, order: Order) -> Developed | Spoilt:
        process: _Process | None = getattr(self._mine, "process", None)
        if process is None:
            process = self._mine.process = _Process()
            self._processes.add(process)
        answer = process.develop(order)
        if answer is not None:
            return answer
        self._mine.process = None
        self._processes.discard(process)
        process.close()
        return Spoilt("takes too long or too much memory, or breaks its decoder")


def _close(threads: ThreadPoolExecutor, processes: set[_Process]) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    while processes:
        processes.pop().close()
