"""The job a new one is chained to: whose it is, and its rows when they are to be the new job's items."""

from __future__ import annotations

import asyncio

import msgspec

from contracts import codec, subjects
from contracts.codec import ItemSettled
from services.gateway.lifecycle import read_lifecycle
from services.gateway.reading import read_now
from shared.api.auth import Identity, require_owner
from shared.api.errors import BadRequest, Gone, NotFound, ValidationFailed, issue
from shared.job import ABSENT, JobState, evolve
from shared.job.output import UniquePlaces, output_order
from shared.messaging.log import EventLog
from shared.settings import Settings


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
    if not source.reusable_output or source.rows == 0:
        raise BadRequest("The source job has no reusable output.")
    if source.rows > settings.max_items:
        raise _too_many(f"The source job has {source.rows} rows; a job takes 1 to {settings.max_items} items.")
    counted: dict[int, list[ItemSettled]] = {}
    size, state = 0, ABSENT
    channels = (subjects.job_subject(source.tenant, source.id, channel) for channel in ("lifecycle", "results"))
    async for message in read_now(log, *channels):
        for envelope in codec.decode_slim(message.payload):
            before, state = state, evolve(state, envelope)
            if isinstance(envelope.data, ItemSettled) and state is not before:
                size += sum(len(memoryview(row)) for row in envelope.data.rows)
                counted.setdefault(envelope.data.index, []).append(envelope.data)
        if size > settings.max_body_bytes:
            raise _too_many(f"The rows of the source job exceed {settings.max_body_bytes} bytes.")
    return await asyncio.to_thread(_in_order, source, counted)


def _in_order(source: JobState, counted: dict[int, list[ItemSettled]]) -> list[msgspec.Raw]:
    results = [counted[index] for index in output_order(source) if index in counted]
    if not source.on_grid:
        return [row for parts in results for result in parts for row in result.rows]
    unique = UniquePlaces()
    return [
        row
        for parts in results
        for _, row in unique.of_pair(
            (place.id, row) for part in parts for place, row in zip(part.places, part.rows, strict=True)
        )
    ]


def _too_many(msg: str) -> ValidationFailed:
    return ValidationFailed([issue(msg, "body", "source_job_id")])
