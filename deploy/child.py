"""A process of the stack: started on a leash, watched, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from deploy.probes import Probe

LEASH = Path(__file__).with_name("leash.py")

_LOG_BYTES = 10 * 1024 * 1024
"""A log file above that is put aside (`.1`) at the next start."""

_PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Seconds before each further start of a process that keeps dying; the last one repeats."""

_HEALTHY = 30.0
"""Seconds a process must have lived for its earlier deaths to be forgotten."""

_TAIL = 12
"""Lines of a log shown when its process fails."""


class StackError(Exception):
    """The stack cannot run; the message says why, with the last lines of the log at fault."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and how to see that it is ready."""

    name: str
    argv: list[str]
    """An absolute path first."""
    env: dict[str, str]
    log: Path
    probe: Probe
    grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL."""
    nudge: Probe | None = None
    """Called after SIGTERM, for a server that notices its end only when a client comes."""


class Child:
    """One program, kept running. Belongs to the event loop, and the thread, that started it."""

    def __init__(self, program: Program, say: Callable[[str], None]) -> None:
        self.program = program
        self.starts = 0
        """How often it was started."""
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._last_answer: str | None = "not started"
        self._wanted = False
        self._was_ready = self._told = False

    @property
    def pid(self) -> int | None:
        """The process id, or None while it is down."""
        return self._process.pid if self._process is not None else None

    @property
    def is_ready(self) -> bool:
        """Whether it runs and its probe was content since the last start."""
        return self._ready.is_set()

    async def start(self) -> None:
        """Start it and keep it running. `ready` waits for it."""
        if self._wanted:
            return
        self._wanted = True
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keeper of {self.program.name}")

    async def ready(self, timeout: float = 60.0) -> None:
        """Return when its probe is content, after a `kill` that of its successor. Raises StackError."""
        if self._keeper is None:
            raise StackError(f"{self.program.name} was not started")
        waiting = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({waiting, self._keeper}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._ready.is_set():
            return
        if self._keeper.done():
            self._keeper.result()
        raise StackError(
            f"{self.program.name} is not ready after {timeout:g} s: {self._last_answer}{self._last_lines()}"
        )

    def kill(self) -> None:
        """SIGKILL. It is started again."""
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process. Raises StackError when it is down."""
        if self._process is None:
            raise StackError(f"{self.program.name} is not running")
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            self._told = True
            self._not_ready("it was told to end")
        _signal(self._process.pid, number)

    async def stop(self, grace: float | None = None) -> None:
        """SIGTERM, after the grace SIGKILL to its whole process group; return when it is gone."""
        self._wanted = False
        keeper, process = self._keeper, self._process
        if process is not None:
            self._not_ready("it was stopped")
            _signal(process.pid, signal.SIGTERM)
            _signal(process.pid, signal.SIGCONT)  # a paused process must be able to end
            if self.program.nudge is not None:
                await asyncio.sleep(0.05)  # until it has seen the signal
                await self.program.nudge()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.program.grace if grace is None else grace)
            _kill_group(process.pid)
            await process.wait()
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})
        self._keeper = self._process = None

    async def _keep(self) -> None:
        deaths = 0
        while True:
            process, began = self._process, time.monotonic()
            assert process is not None
            code = await process.wait()
            self._not_ready(_ended(code))
            self._process = None
            if not self._wanted:
                return
            _kill_group(process.pid)
            if not (self._was_ready or self._told):
                raise StackError(f"{self.program.name} {_ended(code)} before it was ready{self._last_lines()}")
            deaths = 1 if time.monotonic() - began > _HEALTHY else deaths + 1
            self._say(f"{self.program.name} {_ended(code)}; starting it again (log: {self.program.log})")
            await asyncio.sleep(_PAUSES[min(deaths, len(_PAUSES)) - 1])
            await self._spawn()

    async def _spawn(self) -> None:
        log = self.program.log
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *self.program.argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self.program.env,
                start_new_session=True,  # Ctrl-C at a terminal reaches the stack alone, which stops all in order
            )
        self.starts += 1
        self._probing = asyncio.create_task(self._probe(), name=f"probe of {self.program.name}")

    async def _probe(self) -> None:
        pause = 0.02
        while (answer := await self.program.probe()) is not None:
            self._last_answer = answer
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.25)
        self._was_ready = True
        self._ready.set()

    def _not_ready(self, why: str) -> None:
        if self._probing is not None:
            self._probing.cancel()
        self._ready.clear()
        self._last_answer = why

    def _last_lines(self) -> str:
        lines = _tail(self.program.log)
        return f"\n--- the last lines of {self.program.log}:\n{lines}" if lines else ""


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_TAIL:])


def _ended(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _signal(pid: int, number: signal.Signals) -> None:
    # Not Popen.send_signal: its poll may reap the process, and then nobody learns the exit code.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_group(pid: int) -> None:
    """What a process left behind in its group goes with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
