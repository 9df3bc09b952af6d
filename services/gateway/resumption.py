"""POST /api/jobs/{id}/resume: a new job that takes up an interrupted search where it stopped.

Only one job may go on with a search. What says so is the log itself: a resume reads the lifecycles of all the
tenant's jobs, looks for another that lives or is done, and is written under a fence over the same subjects. Of two
at once the second is refused by the broker, reads again, and finds the first. No lock or claim is left behind by a
process that dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from ulid import ULID

from contracts import codec, subjects
from contracts.codec import ItemsCounted
from contracts.events import JobLogged, JobRequested
from contracts.jobs import JobPublic
from contracts.manifest import ModuleSpec
from services.gateway.availability import require_available
from services.gateway.batch import NewJob
from services.gateway.intake import Intake, days_later
from services.gateway.lifecycle import read_owned
from services.gateway.pricing import check_ceiling, grid_price
from services.gateway.reading import read_now
from services.gateway.scrap import attributions
from shared.api.auth import Identity, require_verified
from shared.api.errors import BadRequest, Unavailable
from shared.identity.throttle import Rule, Throttle
from shared.job import ABSENT, JobState, evolve
from shared.messaging.log import Conflict, EventLog, Fence, now_rfc3339
from shared.settings import Settings

_ATTEMPTS = 10
"""Each conflict is something that happened to a job of the tenant; so many within one request are a storm."""
_LIVING = frozenset({"pending", "running", "done"})


class Resumes(NamedTuple):
    """The jobs of a tenant that take up another one."""

    jobs: Mapping[str, JobState]
    sequence: int
    """Of the newest lifecycle message of the tenant; the fence."""

    def other(self, job: str) -> str | None:
        """A job that goes on with the same search as this one and lives or is done."""
        first = self._first(job)
        others = (one for one, state in self.jobs.items() if state.phase in _LIVING and self._first(one) == first)
        return next(others, None)

    def _first(self, job: str) -> str:
        """The job that a row of resumes began with."""
        while (state := self.jobs.get(job)) is not None and state.source_job_id:
            job = state.source_job_id
        return job


class Resumptions:
    """Takes up interrupted searches."""

    def __init__(
        self, *, log: EventLog, intake: Intake, spec: ModuleSpec, throttle: Throttle, rule: Rule, settings: Settings
    ) -> None:
        self._log = log
        self._intake = intake
        self._spec = spec
        self._throttle = throttle
        self._rule = rule
        self._settings = settings

    async def resume(self, job: str, identity: Identity) -> JobPublic:
        """The new job, pending. Checks go 404, 403 owner, 403 active or verified, 429, 400.

        Raises UnknownJob, Forbidden, TooManyAttempts, BadRequest, Unavailable, LogUnavailable, LogFull.
        """
        name = f"j_{ULID()}"
        await read_owned(self._log, job, identity)
        require_verified(identity)
        await self._throttle.take(self._rule, identity.user_id)
        for _ in range(_ATTEMPTS):
            # First the fence, then what is decided on: what happens in between is a conflict.
            resumes = await self._resumes(identity.user_id)
            source = (await read_owned(self._log, job, identity)).state
            self._check(source, resumes)
            new = await self._plan(name, source)
            try:
                return await self._intake.write(new, Fence(subjects.tenant_lifecycles(source.tenant), resumes.sequence))
            except Conflict:
                continue
        raise Unavailable("Your jobs change too fast at the moment. Try again shortly.")

    def _check(self, source: JobState, resumes: Resumes) -> None:
        if not source.on_grid:
            raise BadRequest("Only a scrap job can be resumed.")
        if source.expired:
            raise BadRequest("The job has expired: what it found is gone.")
        if source.phase not in ("cancelled", "failed"):
            raise BadRequest(f"Only a cancelled or failed job can be resumed; this one is {source.phase}.")
        if source.delete_requested:
            raise BadRequest("The job is being deleted.")
        if source.processed >= source.total:
            raise BadRequest("The job is fully processed: nothing is left to resume.")
        if other := resumes.other(source.id):
            raise BadRequest(f"The job is resumed already, by {other}.")
        require_available(self._spec.slug, self._settings)

    async def _plan(self, name: str, source: JobState) -> NewJob:
        at = now_rfc3339()
        items = await self._items(source)
        left = source.total - source.processed
        cost = grid_price(left, include_reviews=source.params.get("include_reviews", False))
        check_ceiling(cost, self._settings.max_ef_per_job)
        note = f"Reprise de {source.id} : {source.processed} tuiles sur {source.total} sont déjà faites"
        return NewJob(
            id=name,
            tenant=source.tenant,
            at=at,
            request=JobRequested(
                owner=source.owner,
                job_type=source.job_type,
                total=source.total,
                ef_cost=cost,
                expires_at=days_later(at, self._settings.retention_days),
                params=source.params,
                produces=source.produces,
                list_columns=source.list_columns,
                unit=source.unit,
                source_job_id=source.id,
                resumes=True,
                inherited=source.processed,
            ),
            items=items,
            notes=[JobLogged(level="info", message=note), *attributions(self._spec, self._settings)],
        )

    async def _items(self, source: JobState) -> list[msgspec.Raw]:
        """The tiles of the source in their order, as bytes. Raises BadRequest when they are gone."""
        items: list[msgspec.Raw] = []
        async for message in read_now(self._log, subjects.job_subject(source.tenant, source.id, "items")):
            for envelope in codec.decode_slim(message.payload):
                if isinstance(envelope.data, ItemsCounted):
                    items += envelope.data.items
        if len(items) != source.total:
            raise BadRequest("The job's tiles are gone; create a new one.")
        return items

    async def _resumes(self, tenant: str) -> Resumes:
        subject = subjects.tenant_lifecycles(tenant)
        newest = await self._log.last(subject)
        jobs: dict[str, JobState] = {}
        if newest is None:
            return Resumes(jobs, 0)
        async for message in read_now(self._log, subject, upto=newest.sequence):
            name = subjects.parse_job_subject(message.subject).job
            for envelope in codec.decode_slim(message.payload):
                event = envelope.data
                if name in jobs or (isinstance(event, JobRequested) and event.resumes):
                    jobs[name] = evolve(jobs.get(name, ABSENT), envelope)
        return Resumes(jobs, newest.sequence)
