"""The views' store of the embedded stack: a server that speaks MongoDB's protocol over WiredTiger files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deploy.child import Program
from deploy.nats import installed
from deploy.ports import HOST
from deploy.probes import listening

_CACHE = "256M"
"""Views are few and small; what is read often fits."""


def mongodb_server(folder: Path, port: int, *, logs: Path, env: Mapping[str, str]) -> Program:
    """The program. Raises StackError when the server is not installed.

    It runs as a process of its own and is never imported: its licence is the GPL's.
    """
    folder.mkdir(exist_ok=True)
    # Named, though empty: without it the server would look for one in the folder it was started from.
    (config := folder / "secantusd.toml").touch()
    return Program(
        name="mongodb",
        argv=[
            installed("secantusd-py"),
            *("--config", str(config), "--host", HOST, "--port", str(port)),
            *("--storage-path", str(folder / "files"), "--cache-size", _CACHE),
            "--sync-on-commit",  # without it a kill loses writes that were acknowledged
        ],
        env=dict(env),
        log=logs / "mongodb.log",
        probe=listening(port),
        nudge=listening(port),  # it waits for a client before it looks whether it shall stop: two seconds saved
    )


def mongodb_url(port: int) -> str:
    """The server's address."""
    return f"mongodb://{HOST}:{port}"
