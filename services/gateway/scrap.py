"""POST /api/jobs and POST /api/estimate: searches over the tiles of zones, accepted or only reckoned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
from ulid import ULID

from contracts.events import JobLogged, JobRequested
from contracts.jobs import JobEstimate, JobPublic
from contracts.manifest import ModuleSpec
from services.gateway.availability import missing, require_available
from services.gateway.batch import NewJob
from services.gateway.intake import Intake, days_later
from services.gateway.pricing import QUOTA_EXCEEDED, grid_price
from services.gateway.search import Search, read_estimate, read_new_search
from services.gateway.tiling import Tiler, Tiling
from shared.api.auth import Identity
from shared.api.errors import BadRequest
from shared.messaging.log import now_rfc3339
from shared.place_sources import ATTRIBUTIONS, configured_sources, reviews_offered
from shared.settings import Settings

_SECONDS_A_REQUEST = 1.675
"""At the default rate of a source: 824 requests take 1 380 seconds."""
_COUNTRY = "FRA"
_NO_REVIEWS = "Aucune source d'avis n'est configurée : include_reviews n'est pas possible ici"


class ScrapJobs:
    """Validates and prices searches."""

    def __init__(self, *, spec: ModuleSpec, intake: Intake, tiler: Tiler, settings: Settings) -> None:
        self._spec = spec
        self._intake = intake
        self._tiler = tiler
        self._settings = settings

    async def submit(self, payload: bytes, identity: Identity, key_text: str | None) -> JobPublic:
        """The accepted job, or the one its Idempotency-Key stands for.

        The caller is active, verified and within the rate. Raises ApiError, LogFull, LogUnavailable; nothing was
        accepted then.
        """
        return await self._intake.accept(
            self._spec.slug, payload, identity, key_text, lambda: self._plan(payload, identity)
        )

    async def estimate(self, payload: bytes) -> JobEstimate:
        """What such a job would be. Raises ValidationFailed."""
        search = read_estimate(payload)
        tiling = await self._tile(search)
        unavailable = missing(self._spec.slug, self._settings)
        errors = [*_objections(search), *self._obstacles(search, tiling), *([unavailable] if unavailable else [])]
        if search.include_reviews and not unavailable and not reviews_offered(self._settings):
            errors.append(_NO_REVIEWS)
        tiles = len(tiling.tiles)
        requests = tiles * len(search.queries)
        return JobEstimate(
            valid=not errors,
            grid_points=tiles,
            total_requests=requests,
            queries_count=len(search.queries),
            ef_cost=round(grid_price(tiles, include_reviews=search.include_reviews), 3),
            estimated_duration_seconds=round(requests * _SECONDS_A_REQUEST),
            errors=errors,
            warnings=list(tiling.warnings),
        )

    async def _plan(self, payload: bytes, identity: Identity) -> NewJob:
        search = read_new_search(payload)
        for sentence in _objections(search):
            raise BadRequest(sentence)
        tiling = await self._tile(search)
        for sentence in self._obstacles(search, tiling):
            raise BadRequest(sentence)
        require_available(self._spec.slug, self._settings)
        if search.include_reviews and not reviews_offered(self._settings):
            raise BadRequest(_NO_REVIEWS)
        at = now_rfc3339()
        return NewJob(
            id=f"j_{ULID()}",
            tenant=identity.user_id,
            at=at,
            request=self._request(search, len(tiling.tiles), identity.user_id, at=at),
            items=await asyncio.to_thread(_items, search.zones, tiling),
            notes=[
                *(JobLogged(level="warn", message=warning) for warning in tiling.warnings),
                *attributions(self._spec, self._settings),
            ],
        )

    async def _tile(self, search: Search) -> Tiling:
        return await asyncio.to_thread(self._tiler.tile, search.zones, finer=search.scrap_mode == "ultra")

    def _obstacles(self, search: Search, tiling: Tiling) -> Iterator[str]:
        """Why such a job cannot be accepted, as far as its zones go."""
        if tiling.unknown:
            yield " ".join(tiling.unknown)
        elif search.zones and not tiling.tiles:
            yield self._spec.nothing_usable
        if grid_price(len(tiling.tiles), include_reviews=search.include_reviews) > self._settings.max_ef_per_job:
            yield QUOTA_EXCEEDED

    def _request(self, search: Search, tiles: int, owner: str, *, at: str) -> JobRequested:
        columns = self._spec.produced(search.wishes)
        return JobRequested(
            owner=owner,
            job_type=self._spec.slug,
            total=tiles,
            ef_cost=grid_price(tiles, include_reviews=search.include_reviews),
            expires_at=days_later(at, self._settings.retention_days),
            params=search.params,
            produces=[column.name for column in columns],
            list_columns=[column.name for column in columns if column.type == "list"],
            unit=self._spec.unit,
        )


def attributions(spec: ModuleSpec, settings: Settings) -> list[JobLogged]:
    """Whose data a job is made of: one line, as their licences ask."""
    lines = [*(ATTRIBUTIONS[source] for source in configured_sources(settings)), *spec.attributions]
    return [JobLogged(level="info", message=f"Sources : {' ; '.join(dict.fromkeys(lines))}")]


def _objections(search: Search) -> Iterator[str]:
    """Why such a job cannot be accepted wherever it is; blank fields end a new job's request before."""
    if not search.queries:
        yield "Indiquez au moins une requête"
    if not search.zones:
        yield "Indiquez au moins une zone"
    if search.country != _COUNTRY:
        yield f"Le pays {search.country!r} n'est pas couvert : seul {_COUNTRY} l'est"


def _items(zones: list[str], tiling: Tiling) -> list[msgspec.Raw]:
    encode = msgspec.json.Encoder().encode
    return [msgspec.Raw(encode({"tile": tile, "zone": zones[zone]})) for tile, zone in tiling.tiles]
