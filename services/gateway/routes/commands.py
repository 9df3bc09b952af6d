"""Commands on a job that exists."""

from __future__ import annotations

from litestar import delete, post
from litestar.datastructures import State
from litestar.params import FromPath

from contracts.jobs import JobPublic, Ok
from services.gateway.commands import JobCommands
from services.gateway.resumption import Resumptions
from shared.api.auth import IDENTITY, Caller
from shared.api.schema import SECURED, problems


@post(
    "/api/jobs/{job_id:str}/cancel",
    operation_id="cancel_job",
    summary="Cancel a job",
    tags=["jobs"],
    status_code=200,
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(400, 401, 403, 404, 415, 503),
)
async def cancel_job(job_id: FromPath[str], identity: Caller, state: State) -> Ok:
    """A pending job ends at once, a running one within two seconds; results in the log before its end count."""
    commands: JobCommands = state.commands
    await commands.cancel(job_id, identity)
    return Ok()


@post(
    "/api/jobs/{job_id:str}/resume",
    operation_id="resume_job",
    summary="Resume an interrupted scrap job",
    tags=["jobs"],
    status_code=200,
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(400, 401, 403, 404, 415, 429, 503),
)
async def resume_job(job_id: FromPath[str], identity: Caller, state: State) -> JobPublic:
    """A new job that takes up a cancelled or failed scrap job where it stopped, and costs only the rest.

    400 for every other job, and while another resume of it lives or is done.
    """
    resumptions: Resumptions = state.resumptions
    return await resumptions.resume(job_id, identity)


@delete(
    "/api/jobs/{job_id:str}",
    operation_id="delete_job",
    summary="Delete a job and its output",
    tags=["jobs"],
    status_code=204,
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(400, 401, 403, 404, 415, 503),
)
async def delete_job(job_id: FromPath[str], identity: Caller, state: State) -> None:
    """For good. A running job must be cancelled first; a pending one is cancelled and deleted."""
    commands: JobCommands = state.commands
    await commands.delete(job_id, identity)
