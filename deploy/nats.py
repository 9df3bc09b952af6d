"""The broker of the embedded stack: a real nats-server with JetStream, on loopback, behind a password."""

from __future__ import annotations

import os
import secrets
import shutil
import string
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import msgspec

from deploy.child import Program, StackError
from deploy.ports import HOST
from deploy.probes import listening
from shared.settings import Settings

_TEMPLATE = Path(__file__).with_name("nats.conf.template")

_ROOM = 1024**3
"""Bytes beside the log and the caches, for the queue and the small buckets."""

_LOG_SHARE, _PAGES_SHARE, _ANSWERS_SHARE = 0.7, 0.1, 0.02
"""Of the room on the disk, at most: a log that fills the disk stops the server, one that is full only refuses jobs."""


def nats_server(folder: Path, port: int, settings: Settings, *, logs: Path, env: Mapping[str, str]) -> Program:
    """The program, its configuration written. Raises StackError when the server is not installed."""
    folder.mkdir(exist_ok=True)
    write_private(
        conf := folder / "nats.conf",
        string.Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
            port=port,
            password=_password(folder),
            store=folder / "jetstream",
            max_bytes=settings.log_max_bytes + settings.page_cache_bytes + settings.answer_cache_bytes + _ROOM,
        ),
    )
    return Program(
        name="nats",
        argv=[installed("nats-server"), "--config", str(conf)],
        env=dict(env),
        log=logs / "nats.log",
        probe=listening(port, b"INFO "),
    )


def nats_url(folder: Path, port: int) -> str:
    """The server's address, with its credentials."""
    folder.mkdir(exist_ok=True)
    return f"nats://outsend:{_password(folder)}@{HOST}:{port}"


def fitting(settings: Settings, folder: Path) -> Settings:
    """The settings with a log and caches that the disk can hold."""
    stored = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    room = shutil.disk_usage(folder).free + stored
    return msgspec.structs.replace(
        settings,
        log_max_bytes=min(settings.log_max_bytes, int(room * _LOG_SHARE)),
        page_cache_bytes=min(settings.page_cache_bytes, int(room * _PAGES_SHARE)),
        answer_cache_bytes=min(settings.answer_cache_bytes, int(room * _ANSWERS_SHARE)),
    )


def installed(program: str) -> str:
    """The path of a program that a Python package brought, or of the system's. Raises StackError."""
    own = Path(sysconfig.get_path("scripts"), program)
    found = str(own) if own.exists() else shutil.which(program)
    if found is None:
        raise StackError(f"{program} is not installed: install Outsend with its extra `embedded`")
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f"{path.name}.tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _password(folder: Path) -> str:
    """Made once; the same at every start, so that clients configured with it go on."""
    file = folder / "password"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="utf-8")
