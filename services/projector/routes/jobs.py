"""GET /api/jobs and /api/jobs/{id}."""

from __future__ import annotations

from litestar import get
from litestar.datastructures import State
from litestar.params import FromPath

from contracts.jobs import JobPublic
from services.projector.reader import Reader
from services.projector.routes.parameters import Limit, Offset, parse_page
from shared.api.auth import IDENTITY, Caller, require_owner
from shared.api.schema import SECURED, problems
from shared.job import public
from shared.store import JobView

MOST_JOBS = 500


@get(
    "/api/jobs",
    operation_id="list_jobs",
    summary="List jobs",
    tags=["jobs"],
    security=SECURED,
    responses=problems(401, 422, 503),
    dependencies=IDENTITY,
)
async def list_jobs(identity: Caller, state: State, limit: Limit = None, offset: Offset = None) -> list[JobPublic]:
    """The caller's jobs, newest first. `limit` is clamped to 1 … 500."""
    reader: Reader = state.reader
    count, start = parse_page(limit, offset, most=MOST_JOBS)
    return [show(view) for view in await reader.newest(identity.user_id, limit=count, offset=start)]


@get(
    "/api/jobs/{job_id:str}",
    operation_id="get_job",
    summary="Get a job",
    tags=["jobs"],
    security=SECURED,
    responses=problems(401, 403, 404, 503),
    dependencies=IDENTITY,
)
async def get_job(job_id: FromPath[str], identity: Caller, state: State) -> JobPublic:
    """One job with its live counters."""
    reader: Reader = state.reader
    view = await reader.job(job_id)
    require_owner(identity, view.state.tenant)
    return show(view)


def show(view: JobView) -> JobPublic:
    """The job as its owner sees it."""
    return public(view.state, view_ready=view.ready)
