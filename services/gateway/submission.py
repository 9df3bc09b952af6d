"""POST /api/jobs/{type}: from a client's body to a job in the log."""

from __future__ import annotations

from collections.abc import Mapping

from ulid import ULID

from contracts.events import JobLogged, JobRequested
from contracts.jobs import JobPublic
from contracts.manifest import ModuleSpec
from services.gateway.availability import require_available, require_served
from services.gateway.batch import NewJob
from services.gateway.body import BodyReader, JobBody
from services.gateway.intake import Intake, days_later
from services.gateway.items import Sifted, sift
from services.gateway.pricing import check_ceiling, price
from services.gateway.source import read_source, source_rows
from shared.api.auth import Identity
from shared.api.errors import BadRequest
from shared.job import JobState
from shared.messaging.log import EventLog, now_rfc3339
from shared.settings import Settings


class Submissions:
    """Validates and prices item-driven jobs."""

    def __init__(self, *, log: EventLog, intake: Intake, modules: Mapping[str, ModuleSpec], settings: Settings) -> None:
        self._log = log
        self._intake = intake
        self._settings = settings
        self._readers = {
            slug: BodyReader(spec, settings.max_items)
            for slug, spec in modules.items()
            if spec.takes_items and not spec.on_grid
        }

    async def submit(self, spec: ModuleSpec, payload: bytes, identity: Identity, key_text: str | None) -> JobPublic:
        """The accepted job, or the one its Idempotency-Key stands for.

        The caller is active and within the rate. Raises ApiError, Forbidden, LogFull, LogUnavailable; nothing was
        accepted then.
        """
        return await self._intake.accept(
            spec.slug, payload, identity, key_text, lambda: self._plan(spec, payload, identity)
        )

    async def _plan(self, spec: ModuleSpec, payload: bytes, identity: Identity) -> NewJob:
        body = self._readers[spec.slug].read(payload)
        sifted = await self._usable_items(spec, body, identity)
        if not sifted.accepted:
            raise BadRequest(spec.nothing_usable)
        at = now_rfc3339()
        request = self._request(spec, body, sifted, identity.user_id, at=at)
        check_ceiling(request.ef_cost, self._settings.max_ef_per_job)
        require_available(spec.slug, self._settings, body.options)
        require_served(spec.slug, self._settings, sifted.accepted)
        return NewJob(
            id=f"j_{ULID()}",
            tenant=identity.user_id,
            at=at,
            request=request,
            items=sifted.accepted,
            notes=_notes(sifted),
        )

    async def _usable_items(self, spec: ModuleSpec, body: JobBody, identity: Identity) -> Sifted:
        """What the body says is checked before whom its source belongs to; a source's rows come after."""
        again = spec.is_second_look(body.options)
        sifted = await sift(body.items, spec, without_result=again) if body.items is not None else None
        source = await read_source(self._log, body.source_job_id, identity) if body.source_job_id is not None else None
        if again:
            _require_first_look(spec, source)
        if sifted is None:
            assert source is not None  # the body has items or a source
            rows = await source_rows(self._log, source, self._settings)
            sifted = await sift(rows, spec, without_result=again)
        return sifted

    def _request(self, spec: ModuleSpec, body: JobBody, sifted: Sifted, owner: str, *, at: str) -> JobRequested:
        total = len(sifted.accepted)
        return JobRequested(
            owner=owner,
            job_type=spec.slug,
            total=total,
            ef_cost=price(spec, body.options, total),
            expires_at=days_later(at, self._settings.retention_days),
            params=body.options,
            produces=spec.columns,
            list_columns=spec.list_columns,
            reusable_output=spec.reusable_output,
            output_filename=spec.output_filename,
            unit=spec.unit,
            dropped=sifted.dropped + sifted.repeated,
            source_job_id=body.source_job_id,
        )


def _require_first_look(spec: ModuleSpec, source: JobState | None) -> None:
    """Raises BadRequest unless the source is what a second look goes over: a done first job of the same module."""
    if source is None or source.job_type != spec.slug or source.phase != "done" or spec.is_second_look(source.params):
        raise BadRequest(f"source_job_id must name a done {spec.slug} job that was no second look itself.")


def _notes(sifted: Sifted) -> list[JobLogged]:
    said = [
        _counted(sifted.dropped, "1 élément inexploitable ignoré", "éléments inexploitables ignorés"),
        _counted(sifted.repeated, "1 doublon ignoré", "doublons ignorés"),
    ]
    return [JobLogged(level="warn", message=message) for message in said if message]


def _counted(count: int, one: str, many: str) -> str:
    return one if count == 1 else f"{count} {many}" if count else ""
