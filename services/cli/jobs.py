"""`outsend jobs …`: create, list, show, follow, cancel, resume, delete, download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from contracts.manifest import ModuleSpec
from services.cli.api import JobsApi
from services.cli.creation import creation_app
from services.cli.display import err, job_details, job_table, out, plain
from services.cli.results import Wishes, conclude, format_of, print_json
from services.cli.surroundings import credentials, service_url

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, j_…")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
OutFiles = Annotated[
    list[Path] | None, typer.Option("--out", "-o", help="Save here: .csv, .json or .xlsx; may be repeated")
]


def jobs_app(modules: Mapping[str, ModuleSpec]) -> typer.Typer:
    """The command group."""
    app = typer.Typer(no_args_is_help=True, help="Create jobs and get their results.")
    app.add_typer(creation_app(modules), name="create")
    for command in (show, cancel, delete, download):
        app.command()(command)
    app.command("list")(list_jobs)

    @app.command()
    def follow(job: JobId, out_file: OutFiles = None, as_json: AsJson = False) -> None:
        """Watch a job to its end, then show its rows. Ends with 1 when the job failed or was cancelled."""
        wishes = Wishes(out_files=out_file or (), as_json=as_json)
        wishes.check()
        with _api() as api:
            conclude(api, api.job(job), wishes, modules)

    @app.command()
    def resume(
        job: JobId,
        follow: Annotated[bool, typer.Option("--follow/--no-follow", "-f", help="Watch it to its end")] = False,
        out_file: OutFiles = None,
        as_json: AsJson = False,
    ) -> None:
        """Take up a cancelled or failed scrap job where it stopped, as a new job that costs only the rest."""
        wishes = Wishes(follow=follow, out_files=out_file or (), as_json=as_json)
        wishes.check()
        with _api() as api:
            conclude(api, api.resume(job), wishes, modules)

    return app


def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Your jobs, newest first."""
    with _api() as api:
        jobs = api.jobs(limit, offset)
    if as_json:
        print_json(jobs)
    elif jobs:
        out.print(job_table(jobs))
    else:
        err.print("No jobs." if not offset else "No further jobs.")


def show(job: JobId, as_json: AsJson = False) -> None:
    """Everything about one job."""
    with _api() as api:
        found = api.job(job)
    if as_json:
        print_json(found)
    else:
        out.print(job_details(found))


def cancel(job: JobId) -> None:
    """Stop a job; what it has found stays."""
    with _api() as api:
        api.cancel(job)
    err.print(plain(f"{job} is being cancelled."))


def delete(job: JobId) -> None:
    """Delete a job and its results, for ever."""
    with _api() as api:
        api.delete(job)
    err.print(plain(f"{job} is deleted."))


def download(job: JobId, out_file: OutFiles = None) -> None:
    """Save a job's result; without --out as JOB.csv in this folder."""
    targets = out_file or [Path(f"{job}.csv")]
    Wishes(out_files=targets).check()
    with _api() as api:
        for target in targets:
            api.download(job, format_of(target), target)
            err.print(plain(f"Saved {target}"))


def _api() -> JobsApi:
    return JobsApi(service_url(), credentials())
