"""The payloads of a job's server-sent events (GET /api/jobs/{id}/stream)."""

from __future__ import annotations

import msgspec

from contracts.events import ItemError, Level, QueryStats
from contracts.jobs import Status


class StatusFrame(msgspec.Struct, frozen=True, kw_only=True):
    """`status`: at connect, on each transition, and at most every 2 s while a counter moves."""

    id: str
    status: Status
    processed_points: int
    grid_points_count: int
    results_count: int
    error_count: int
    download_available: bool
    query_stats: dict[str, QueryStats]


class LogFrame(msgspec.Struct, frozen=True, kw_only=True):
    """`log`: a line as it appears."""

    message: str
    level: Level
    timestamp: str


class ProgressFrame(msgspec.Struct, frozen=True, kw_only=True):
    """`progress`: one per processed item; the counters are those of that moment."""

    index: int
    ok: bool
    error: ItemError | None
    unit: str
    label: str
    processed_points: int
    grid_points_count: int
    results_count: int
    error_count: int


class DoneFrame(msgspec.Struct, frozen=True, kw_only=True):
    """`done`: once, at the end, whatever the end; then the server closes."""

    id: str
    status: Status
    results_count: int
    duration_seconds: int


class ErrorFrame(msgspec.Struct, frozen=True, kw_only=True):
    """`error`: the stream itself fails; the client may connect again."""

    code: str
    message: str
