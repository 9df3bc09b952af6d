"""What the Jobs API takes and gives: JobPublic, request bodies, answers, errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from contracts.events import Breakdown, QueryStats

Status = Literal["pending", "running", "done", "failed", "cancelled", "expired"]
EmailMode = Literal["normal", "deep"]


class JobPublic(msgspec.Struct, frozen=True, kw_only=True):
    """A job as its owner sees it: these fields, always all present, in this order."""

    id: str
    job_type: str
    queries: list[str]
    zones: list[str]
    include_reviews: bool
    status: Status
    grid_points_count: int
    """Accepted items, or distinct tiles (scrap)."""
    processed_points: int
    """Items finished, ok or error; tiles finished for all queries (scrap)."""
    results_count: int
    """Rows with at least one signal column; unique places (scrap)."""
    error_count: int
    ef_cost: float
    """France equivalents, three decimals, at least 0.001."""
    created_at: str
    started_at: str | None
    completed_at: str | None
    expires_at: str
    error_message: str | None
    output_filename: str | None
    download_available: bool
    source_job_id: str | None
    pipeline_id: str | None
    email_mode: EmailMode | None
    breakdown: Breakdown
    dead_queries: list[str]
    flagged_tiles_count: int
    total_attempts_count: int
    query_stats: dict[str, QueryStats]


class ItemsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Body of POST /api/jobs/{type}. Module options stand beside these fields."""

    items: list[dict[str, Any]] | None = None
    """1 to 10 000 rows; may be absent when `source_job_id` names a done job of the caller."""
    source_job_id: str | None = None


ScrapMode = Literal["fast", "normal", "ultra"]


class ScrapBody(msgspec.Struct, frozen=True, kw_only=True):
    """Body of POST /api/jobs: a search of places over the tiles of some zones."""

    queries: list[str]
    """1 to 20 of at most 200 characters, once they are trimmed and blanks and repetitions are gone."""
    zones: list[str]
    """1 to 50, likewise: towns, postal codes, arrondissements, départements, regions, `France`, `Ville 30km`."""
    include_reviews: bool = False
    """Doubles the cost."""
    extra_columns: list[str] = []
    """`gps`, `departement`, `region`; others are ignored."""
    country: str = "FRA"
    """No other one is covered."""
    stop_at: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None
    """End the job when it has about so many places; at least 1."""
    scrap_mode: ScrapMode = "normal"
    """fast: the first page of each tile; normal: all pages, full tiles are split; ultra: normal on a finer grid."""


class DeliveryCheckBody(msgspec.Struct, frozen=True, kw_only=True):
    """Body of POST /api/jobs/delivery-check: whose message is looked for in the seed inboxes."""

    domain: str
    """Of the sender's address, e.g. `example.com`; hosts below it count too."""
    subject_filter: str | None = None
    """Part of the subject; without it any message of the domain will do."""


class SeedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox that a test message is to be sent to."""

    email: str
    kind: Literal["gmail", "imap"]


class EstimateBody(ScrapBody, frozen=True, kw_only=True):
    """Body of POST /api/estimate: that of the job, but nothing need be there yet."""

    queries: list[str] = []
    zones: list[str] = []


class JobEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of POST /api/estimate: what a scrap job would be. All numbers are 0 as far as they cannot be told."""

    valid: bool
    """Whether `errors` is empty: such a job would be accepted."""
    grid_points: int
    """Distinct tiles over all zones."""
    total_requests: int
    """`grid_points` × `queries_count`."""
    queries_count: int
    ef_cost: float
    """France equivalents, three decimals."""
    estimated_duration_seconds: int
    """At the default rate of a source."""
    errors: list[str]
    warnings: list[str]
    """E.g. a zone whose name several places have."""


class ItemsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of GET /api/jobs/{id}/items."""

    count: int
    """All rows of the job, not only those of this page."""
    items: list[dict[str, Any]]


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of GET /api/jobs/{id}/report: one entry per item that has a report, in input order."""

    count: int
    reports: list[dict[str, Any]]


class JobMap(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of GET /api/jobs/{id}/map: a GeoJSON FeatureCollection.

    A feature is a tile (Polygon; properties `kind: "tile", id, zone, state, found, flagged`, where the state is
    waiting, done or failed) or a place (Point; properties `kind: "place", place_id, nom, query, zone`).
    """

    type: Literal["FeatureCollection"]
    places_count: int
    """All places of the job, those included that a large map leaves out."""
    features: list[dict[str, Any]]


class Ok(msgspec.Struct, frozen=True):
    """The answer of a command that has nothing else to say."""

    ok: bool = True


class Problem(msgspec.Struct, frozen=True):
    """The body of every error but a validation error."""

    detail: str


class ValidationIssue(msgspec.Struct, frozen=True):
    """One thing wrong with a request."""

    loc: list[str | int]
    msg: str
    type: str


class ValidationDetail(msgspec.Struct, frozen=True):
    """The `detail` of a validation error."""

    errors: list[ValidationIssue]
    message: str = "Validation error"


class ValidationProblem(msgspec.Struct, frozen=True):
    """The body of a validation error."""

    detail: ValidationDetail
