"""The job a new one is chained to: whose it is, and its rows when they are to be the new job's items."""

from __future__ import annotations

import msgspec

from contracts import codec, subjects
from contracts.codec import ItemSettled
from services.gateway.lifecycle import read_lifecycle
from services.gateway.reading import read_now
from shared.api.auth import Identity, require_owner
from shared.api.errors import BadRequest, Gone, NotFound, ValidationFailed, issue
from shared.job import JobState
from shared.messaging.log import EventLog
from shared.settings import Settings

_NOT_REUSABLE = frozenset({"delivery_check", "viewport_test"})
"""Their output is a report about one domain, not a list."""


async def read_source(log: EventLog, job: str, identity: Identity) -> JobState:
    """The source job, which must be the caller's. Raises NotFound, Forbidden, LogUnavailable."""
    found = await read_lifecycle(log, job)
    if not found.exists:
        raise NotFound("Source job not found")
    require_owner(identity, found.state.tenant)
    return found.state


async def source_rows(log: EventLog, source: JobState, settings: Settings) -> list[msgspec.Raw]:
    """The rows of a done job in the order of its items, as bytes.

    Raises Gone for an expired job, BadRequest for one that is not done or has no reusable output, ValidationFailed
    for more rows than a job takes, LogUnavailable.
    """
    if source.expired:
        raise Gone("The rows of the source job have expired.")
    if source.phase != "done":
        raise BadRequest("The source job is not done.")
    if source.job_type in _NOT_REUSABLE or source.rows == 0:
        raise BadRequest("The source job has no reusable output.")
    if source.rows > settings.max_items:
        raise _too_many(f"The source job has {source.rows} rows; a job takes 1 to {settings.max_items} items.")
    by_index: dict[int, list[msgspec.Raw]] = {}
    size = 0
    async for message in read_now(log, subjects.job_subject(source.tenant, source.id, "results")):
        for envelope in codec.decode_slim(message.payload):
            event = envelope.data
            if not isinstance(event, ItemSettled) or event.index >= source.total:
                continue
            size += sum(len(memoryview(row)) for row in event.rows)
            by_index.setdefault(event.index, event.rows)  # the first result for an index counts
        if size > settings.max_body_bytes:
            raise _too_many(f"The rows of the source job exceed {settings.max_body_bytes} bytes.")
    return [row for index in sorted(by_index) for row in by_index[index]]


def _too_many(msg: str) -> ValidationFailed:
    return ValidationFailed([issue(msg, "body", "source_job_id")])
