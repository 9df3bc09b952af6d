"""What a job is at a moment of its log, and how its owner sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

import msgspec

from contracts.events import Breakdown, QueryStats
from contracts.jobs import JobPublic, Status
from shared.job.bitmap import EMPTY
from shared.job.places import PlaceIndex

Phase = Literal["absent", "pending", "running", "done", "failed", "cancelled", "deleted"]

TERMINAL: frozenset[Phase] = frozenset({"done", "failed", "cancelled"})


FINISHED, FOUND, FAILED, FLAGGED = 1, 2, 4, 8
"""Marks of a tile: every query of it is finished; one found places; one failed; the source hit its cap there."""


class Split(msgspec.Struct, frozen=True):
    """A work item that goes on as several."""

    parts: dict[str, bytes]
    """The open parts and their work items, JSON."""
    found: bool
    """Whether a part found places."""
    failed: bool
    """Whether a part ended in error."""


class Survey(msgspec.Struct, frozen=True):
    """What counting a job over a grid needs while results may still come, and nobody shows."""

    places: PlaceIndex = PlaceIndex()
    splits: dict[int, Split] = {}


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of a job's events. Times are RFC 3339 as the events' envelopes have them."""

    id: str = ""
    tenant: str = ""
    owner: str = ""
    job_type: str = ""
    phase: Phase = "absent"
    params: dict[str, Any] = {}
    produces: list[str] = []
    list_columns: list[str] = []
    reusable_output: bool = True
    output_name: str = ""
    """What the request calls the CSV; empty: nothing of its own."""
    unit: str = "items"
    total: int = 0
    ef_cost: float = 0.0
    source_job_id: str | None = None
    pipeline_id: str | None = None
    resumes: bool = False
    inherited: int = 0
    created_at: str = ""
    started_at: str | None = None
    completed_at: str | None = None
    expires_at: str = ""
    error_message: str | None = None

    settled: bytes = EMPTY
    """Bitmap of the indexes of the work items that are finished."""
    tiles: bytes = EMPTY
    """One byte of marks for each tile of a job over a grid; for its map, until its results go."""
    survey: Survey | None = None
    """Of a job over a grid, until its end. The views do not keep it: it comes from the log again."""
    processed: int = 0
    results: int = 0
    errors: int = 0
    attempts: int = 0
    rows: int = 0
    flagged_tiles: int = 0
    dead_queries: list[str] = []
    breakdown: Breakdown = msgspec.field(default_factory=Breakdown)
    query_stats: dict[str, QueryStats] = {}

    cancel_requested: bool = False
    delete_requested: bool = False
    expired: bool = False

    @property
    def ended(self) -> bool:
        """Whether a terminal event is in the log; nothing counts after it."""
        return self.phase in TERMINAL

    @property
    def queries(self) -> list[str]:
        """What a job over a grid searches; none of every other job."""
        queries: list[str] = self.params.get("queries", [])
        return queries

    @property
    def on_grid(self) -> bool:
        """Whether its points are tiles of a grid (scrap)."""
        return bool(self.queries)

    @property
    def items(self) -> int:
        """Work items: one for each point, and on a grid for each query."""
        return self.total * max(1, len(self.queries))

    @property
    def finished(self) -> int:
        """Work items that are finished."""
        return sum(stats.tiles for stats in self.query_stats.values()) if self.on_grid else self.processed

    @property
    def output_filename(self) -> str:
        """The name of the CSV."""
        return self.output_name or f"{self.job_type}_{self.id}.csv"


ABSENT = JobState()
"""A job no event speaks of."""


def whole_seconds(time: str) -> str:
    """An RFC 3339 UTC time without its fraction: how the API shows it."""
    return f"{time[:19]}Z"


def shown_cost(ef_cost: float) -> float:
    """France equivalents as the API shows them: three decimals, at least 0.001."""
    return max(0.001, round(ef_cost, 3))


def seconds_between(start: str, end: str) -> int:
    """Whole seconds from one RFC 3339 time to another."""
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def status_of(state: JobState, *, view_ready: bool = True) -> Status:
    """The status the API tells. An ended job is `running` until its rows can be downloaded."""
    if state.phase in ("absent", "deleted"):
        raise ValueError(f"a job that is {state.phase} has no status")
    if state.expired:
        return "expired"
    if state.ended and not view_ready:
        return "running" if state.started_at else "pending"
    return cast("Status", state.phase)


def public(state: JobState, *, view_ready: bool = True) -> JobPublic:
    """The job as its owner sees it; `view_ready` is False while an ended job's rows are being laid out.

    Raises ValueError for a job that is absent or deleted.
    """
    status = status_of(state, view_ready=view_ready)
    has_output = view_ready and state.ended and state.rows > 0 and not state.expired
    params = state.params
    return JobPublic(
        id=state.id,
        job_type=state.job_type,
        queries=state.queries,
        zones=params.get("zones", []),
        include_reviews=params.get("include_reviews", False),
        status=status,
        grid_points_count=state.total,
        processed_points=state.processed,
        results_count=state.results,
        error_count=state.errors,
        ef_cost=shown_cost(state.ef_cost),
        created_at=whole_seconds(state.created_at),
        started_at=whole_seconds(state.started_at) if state.started_at else None,
        completed_at=whole_seconds(state.completed_at) if state.completed_at and view_ready else None,
        expires_at=whole_seconds(state.expires_at),
        error_message=state.error_message if view_ready else None,
        output_filename=state.output_filename if has_output else None,
        download_available=has_output,
        source_job_id=state.source_job_id,
        pipeline_id=state.pipeline_id,
        email_mode=params.get("mode", "normal") if state.job_type == "emails" else None,
        breakdown=state.breakdown,
        dead_queries=state.dead_queries,
        flagged_tiles_count=state.flagged_tiles,
        total_attempts_count=state.attempts,
        query_stats=state.query_stats,
    )
