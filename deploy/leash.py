"""Runs a program that dies with its parent: `python leash.py PARENT_PID PROGRAM ARGUMENT…`.

A small script of its own, executed in the child before the program: nothing runs between fork and exec of the
(threaded) parent, and the process keeps its id.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""prctl(2), Linux alone. Elsewhere a parent that is killed leaves its children to the operator."""


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        # SIGKILL, because only that ends a stopped or hanging process too; the product bears it at any moment.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != int(parent):  # it died before we were tied to it
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the parent's own command line


if __name__ == "__main__":
    main()
