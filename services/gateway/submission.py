"""POST /api/jobs/{type}: from a client's body to a job in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ulid import ULID

from contracts.events import JobRequested
from contracts.jobs import JobPublic
from contracts.manifest import ModuleSpec
from services.gateway.batch import JobWriter, NewJob
from services.gateway.body import BodyReader, JobBody
from services.gateway.idempotency import IdempotencyKeys, check_key, fingerprint
from services.gateway.items import Sifted, sift
from services.gateway.lifecycle import read_lifecycle
from services.gateway.pricing import check_ceiling, price
from services.gateway.source import read_source, source_rows
from shared.api.auth import Identity
from shared.api.errors import BadRequest, Conflict, Unavailable
from shared.job import JobState, public
from shared.messaging.log import EventLog, now_rfc3339
from shared.settings import Settings


class _Key(NamedTuple):
    """An Idempotency-Key and what it was sent with."""

    text: str
    body: str


class Submissions:
    """Validates, prices and writes new jobs."""

    def __init__(
        self,
        *,
        log: EventLog,
        keys: IdempotencyKeys,
        modules: Mapping[str, ModuleSpec],
        settings: Settings,
    ) -> None:
        self._log = log
        self._keys = keys
        self._settings = settings
        self._writer = JobWriter(log)
        self._readers = {slug: BodyReader(spec, settings.max_items) for slug, spec in modules.items()}

    async def submit(self, spec: ModuleSpec, payload: bytes, identity: Identity, key_text: str | None) -> JobPublic:
        """The accepted job, pending; or, with a known Idempotency-Key, the job it stands for as it is now.

        The caller is active and within the rate. Raises ApiError, Forbidden, LogFull, LogUnavailable; nothing was
        accepted then.
        """
        check_key(key_text)
        key = _Key(key_text, await fingerprint(spec.slug, payload)) if key_text else None
        known = await self._keys.find(identity.user_id, key.text, key.body) if key else None
        if known and (job := await self._written(known)):
            return public(job)
        body = self._readers[spec.slug].read(payload)
        sifted = await self._usable_items(spec, body, identity)
        if not sifted.accepted:
            raise BadRequest(spec.nothing_usable)
        at = now_rfc3339()
        request = self._request(spec, body, sifted, identity.user_id, at=at)
        check_ceiling(request.ef_cost, self._settings.max_ef_per_job)
        if await self._log.nearly_full():
            raise Unavailable("The event log is nearly full: nothing was accepted.", retry_after=60)
        job_id = known or f"j_{ULID()}"
        if key and not known:
            job_id = await self._keys.claim(identity.user_id, key.text, key.body, job_id)
        new = NewJob(
            id=job_id, tenant=identity.user_id, at=at, request=request, items=sifted.accepted, note=_note(sifted)
        )
        return public(_alive(await self._writer.write(new)))

    async def _usable_items(self, spec: ModuleSpec, body: JobBody, identity: Identity) -> Sifted:
        """What the body says is checked before whom its source belongs to; a source's rows come after."""
        sifted = await sift(body.items, spec) if body.items is not None else None
        source = await read_source(self._log, body.source_job_id, identity) if body.source_job_id is not None else None
        if sifted is None:
            assert source is not None  # the body has items or a source
            sifted = await sift(await source_rows(self._log, source, self._settings), spec)
        return sifted

    async def _written(self, job: str) -> JobState | None:
        """The job of a known key; None if its write never happened. Raises Conflict if it was deleted since."""
        found = await read_lifecycle(self._log, job)
        return _alive(found.state) if found.sequence else None

    def _request(self, spec: ModuleSpec, body: JobBody, sifted: Sifted, owner: str, *, at: str) -> JobRequested:
        total = len(sifted.accepted)
        return JobRequested(
            owner=owner,
            job_type=spec.slug,
            total=total,
            ef_cost=price(spec, body.options, total),
            expires_at=_days_later(at, self._settings.retention_days),
            params=body.options,
            produces=spec.columns,
            list_columns=spec.list_columns,
            unit=spec.unit,
            dropped=sifted.dropped,
            source_job_id=body.source_job_id,
        )


def _alive(job: JobState) -> JobState:
    if job.phase == "deleted":
        raise Conflict("The job of this Idempotency-Key has been deleted.")
    return job


def _days_later(at: str, days: int) -> str:
    later = datetime.fromisoformat(at) + timedelta(days=days)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _note(sifted: Sifted) -> str | None:
    match sifted.dropped:
        case 0:
            return None
        case 1:
            return "1 élément inexploitable ignoré"
        case many:
            return f"{many} éléments inexploitables ignorés"
