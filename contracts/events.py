"""The events of the log: facts in the past tense, frozen, in a CloudEvents 1.0 JSON envelope.

One log message carries a CloudEvents JSON batch (an array of envelopes) of one job. A new version of an event
is a new type name; older ones are upcast on read and their examples stay in `contracts/examples/` for ever.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from contracts.subjects import Channel

Level = Literal["debug", "info", "warn", "error"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of every event's `data`."""


class ItemsSubmitted(Event, frozen=True, kw_only=True):
    """A chunk of a job's accepted items, at most 256 KiB."""

    first: int
    """Index of the chunk's first item."""
    items: list[dict[str, Any]]


class JobRequested(Event, frozen=True, kw_only=True):
    """A job was accepted. Its items stand before it in the same atomic batch."""

    owner: str
    job_type: str
    total: int
    """Items to process (item-driven jobs) or distinct tiles (scrap)."""
    ef_cost: float
    """Charged at creation, in France equivalents, unrounded."""
    expires_at: str
    params: dict[str, Any] = {}
    """What the request asked for beside its items: options, queries, zones."""
    produces: list[str] = []
    """The columns the module appends, in order, as its manifest said when the job was accepted."""
    list_columns: list[str] = []
    """Those of `produces` whose values are lists."""
    reusable_output: bool = True
    """Whether the rows can be the items of another job."""
    output_filename: str = ""
    """The download's name; empty: `{job_type}_{id}.csv`."""
    unit: str = "items"
    """What progress counts: sites, places, e-mails …"""
    dropped: int = 0
    """Unusable items that were dropped before billing."""
    source_job_id: str | None = None
    pipeline_id: str | None = None
    resumes: bool = False
    """It takes up `source_job_id` where that one stopped: the results there are copied before it starts (scrap)."""
    inherited: int = 0
    """Points that the resumed job had finished; `ef_cost` is for the others."""


class CancelRequested(Event, frozen=True, kw_only=True):
    """The owner asked for the job's end."""

    by: str


class DeleteRequested(Event, frozen=True, kw_only=True):
    """The owner asked for the job and all its data to vanish."""

    by: str


class JobStarted(Event, frozen=True, kw_only=True):
    """The dispatcher began to hand out the job's items."""


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """Unique places by the query and the zone that found them first (scrap)."""

    by_query: dict[str, int] = {}
    by_zone: dict[str, int] = {}


class QueryStats(msgspec.Struct, frozen=True, kw_only=True):
    """Tiles finished for one query, and those of them with results (scrap)."""

    tiles: int = 0
    with_results: int = 0


class JobEnded(Event, frozen=True, kw_only=True):
    """What every terminal event carries: each JobPublic field that results determine,
    so that a job stays true after its results are purged."""

    processed_points: int
    results_count: int
    error_count: int
    total_attempts_count: int
    rows: int
    """Rows of the output, over all items."""
    ef_cost: float
    """What the job costs in the end: charged at creation, less what was not processed."""
    expires_at: str
    """When its rows go; here too, so that nobody has to look for the request."""
    flagged_tiles_count: int = 0
    dead_queries: list[str] = []
    breakdown: Breakdown = msgspec.field(default_factory=Breakdown)
    query_stats: dict[str, QueryStats] = {}


class JobCompleted(JobEnded, frozen=True, kw_only=True):
    """Every item has its row."""


class JobFailed(JobEnded, frozen=True, kw_only=True):
    """The job itself could not go on; its items are not to blame."""

    error_message: str


class JobCancelled(JobEnded, frozen=True, kw_only=True):
    """The job ended at its owner's wish; results that come later count for nobody."""


class JobExpired(Event, frozen=True, kw_only=True):
    """The retention is over: rows and artefacts go, the summary stays."""


class JobDeleted(Event, frozen=True, kw_only=True):
    """The job is gone. Every earlier event of it is purged after this one."""

    ef_cost: float
    """What it had cost, so that the month's total stays true."""


class ItemError(msgspec.Struct, frozen=True, kw_only=True):
    """Why an item has empty columns."""

    code: str
    message: str = ""


class PlaceFound(msgspec.Struct, frozen=True, array_like=True):
    """The place of a row: `[id, latitude, longitude]`, degrees in WGS84."""

    id: str
    """What makes it unique within the job, e.g. `osm:node/123`."""
    latitude: float
    longitude: float


class ItemProcessed(Event, frozen=True, kw_only=True):
    """One item is finished, with rows or with an error. The first one for an index and part counts.

    The work items of a scrap job are pairs: `index` is tile × number of queries + query, both counted from 0.
    """

    index: int
    part: str = ""
    """Which part of a split item, one digit for each split; empty: the item itself."""
    label: str = ""
    """What a person recognises the item by: its site, its e-mail, its name."""
    attempts: int = 1
    duration_ms: int = 0
    rows: list[dict[str, Any]] = []
    """The full output rows: the input's columns and the produced ones."""
    found: int = 0
    """How many of `rows` count as results: a signal column of theirs is not null."""
    report: dict[str, Any] | None = None
    error: ItemError | None = None
    places: list[PlaceFound] = []
    """scrap: the place of each row, in the rows' order."""
    zone: int = 0
    """scrap: position in the request of the zone that the tile belongs to."""
    capped: bool = False
    """scrap: the source gave as many places as it ever gives; there may be more in the tile."""
    split: list[dict[str, Any]] = []
    """scrap: the items that go on in this one's place; their `part` is this one's, then their position here."""


class JobLogged(Event, frozen=True, kw_only=True):
    """A line for the person who watches the job."""

    level: Level
    message: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec). `tenant` is an extension attribute."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """Unique; a ULID."""
    source: str
    """The service that wrote it, e.g. `/outsend/dispatcher`."""
    type: str
    """`outsend.<event>.v<version>`."""
    subject: str
    """The job's id."""
    time: str
    """RFC 3339, UTC, milliseconds."""
    tenant: str
    data: Event


EVENT_TYPES: dict[str, type[Event]] = {
    "outsend.items_submitted.v1": ItemsSubmitted,
    "outsend.job_requested.v1": JobRequested,
    "outsend.cancel_requested.v1": CancelRequested,
    "outsend.delete_requested.v1": DeleteRequested,
    "outsend.job_started.v1": JobStarted,
    "outsend.job_completed.v1": JobCompleted,
    "outsend.job_failed.v1": JobFailed,
    "outsend.job_cancelled.v1": JobCancelled,
    "outsend.job_expired.v1": JobExpired,
    "outsend.job_deleted.v1": JobDeleted,
    "outsend.item_processed.v1": ItemProcessed,
    "outsend.job_logged.v1": JobLogged,
}
"""Every type ever written. An old version that left the code is upcast here to its successor's class."""

TYPE_NAMES: dict[type[Event], str] = {event: name for name, event in EVENT_TYPES.items()}

CHANNELS: dict[type[Event], Channel] = {
    ItemsSubmitted: "items",
    ItemProcessed: "results",
    JobLogged: "log",
}
"""The channel of an event; all others are lifecycle."""


def channel_of(event: Event) -> Channel:
    """Where in the log an event belongs."""
    return CHANNELS.get(type(event), "lifecycle")
