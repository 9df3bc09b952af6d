"""The data folder of a stack: one stack at a time, and a note by which other commands find it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

from deploy.nats import write_private
from shared.settings import Settings


class PlaceTaken(Exception):
    """Another stack runs on the folder."""


class RunningStack(msgspec.Struct, frozen=True):
    """What `stack.json` says of the stack that runs there."""

    pid: int
    url: str
    env: dict[str, str]
    """The settings' variables, addresses and credentials included."""


class Place:
    """A data folder, held by a lock that the kernel drops with the process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.logs = self.folder / "logs"
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Make the folder, readable by its owner alone, and hold it. Raises PlaceTaken."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.logs.mkdir(exist_ok=True)
        lock = _open_lock(self.folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise PlaceTaken(
                f"Outsend already runs on {self.folder} (process {holder}): "
                "stop that one, or choose another folder with --data-dir"
            ) from None
        (self.folder / "stack.json").unlink(missing_ok=True)  # of one that was killed: its address is no longer ours
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def describe(self, url: str, settings: Settings) -> None:
        """Leave the note."""
        note = RunningStack(os.getpid(), url, settings.to_env())
        write_private(self.folder / "stack.json", msgspec.json.format(msgspec.json.encode(note)).decode())

    def leave(self) -> None:
        """Let go of the folder."""
        if self._lock is not None:
            (self.folder / "stack.json").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def running_stack(folder: Path) -> RunningStack | None:
    """The stack that runs on the folder, if there is one; a note that a killed one left behind is none."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        note = msgspec.json.decode((folder / "stack.json").read_bytes(), type=RunningStack)
        with _open_lock(folder) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return note
    return None


def _open_lock(folder: Path) -> IO[str]:
    lock = (folder / "stack.lock").open("a+", encoding="utf-8")
    lock.seek(0)
    return lock
