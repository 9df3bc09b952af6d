"""ItemRequested: one unit of work for a module, as it waits in the queue."""

from __future__ import annotations

from typing import Any

import msgspec


class ItemRequested(msgspec.Struct, frozen=True, kw_only=True):
    """One item of one job. It carries all a module needs, so that a worker reads nothing else."""

    job: str
    tenant: str
    job_type: str
    index: int
    """Position in the job's items, from 0; with `part` the key under which the result counts once."""
    part: str = ""
    """Of an item that was split (scrap): which part of it; empty: the item itself."""
    item: dict[str, Any]
    """The client's own row, keys and values as given."""
    options: dict[str, Any] = {}
    """The job's params, e.g. `{"mode": "deep"}`."""


class ItemForwarded(msgspec.Struct, frozen=True, kw_only=True):
    """ItemRequested as the dispatcher writes it: the item passes through as the bytes it came in."""

    job: str
    tenant: str
    job_type: str
    index: int
    part: str = ""
    item: msgspec.Raw
    options: dict[str, Any] = {}


class WorkerPresence(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker announces every two seconds, so that the dispatcher can size its windows."""

    worker: str
    job_type: str
    concurrency: int
    """Items this process works on at once; 0 when it drains and leaves."""
