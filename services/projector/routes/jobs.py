"""GET /api/jobs and /api/jobs/{id}."""

from __future__ import annotations

from litestar import get

from contracts.jobs import JobPublic
from services.projector.reader import Reader
from services.projector.routes.parameters import Limit, Offset, parse_page
from shared.api.auth import IDENTITY, Identity, require_owner
from shared.api.schema import SECURED, problems
from shared.job import public
from shared.store import JobView

MOST_JOBS = 500


@get(
    "/api/jobs",
    operation_id="list_jobs",
    summary="List jobs",
    tags=["Jobs"],
    security=SECURED,
    responses=problems(401, 422, 503),
    dependencies=IDENTITY,
)
async def list_jobs(identity: Identity, reader: Reader, limit: Limit = None, offset: Offset = None) -> list[JobPublic]:
    """The caller's jobs, newest first. `limit` is clamped to 1 … 500."""
    count, start = parse_page(limit, offset, most=MOST_JOBS)
    return [show(view) for view in await reader.newest(identity.user_id, limit=count, offset=start)]


@get(
    "/api/jobs/{job_id:str}",
    operation_id="get_job",
    summary="Get a job",
    tags=["Jobs"],
    security=SECURED,
    responses=problems(401, 403, 404, 503),
    dependencies=IDENTITY,
)
async def get_job(job_id: str, identity: Identity, reader: Reader) -> JobPublic:
    """One job with its live counters."""
    view = await reader.job(job_id)
    require_owner(identity, view.state.tenant)
    return show(view)


def show(view: JobView) -> JobPublic:
    """The job as its owner sees it."""
    return public(view.state, view_ready=view.ready)
