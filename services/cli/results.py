"""From a job that runs to what the user wants of it: watched to its end, shown, saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import typer

from contracts.jobs import JobEstimate, JobPublic
from contracts.manifest import ModuleSpec
from services.cli.api import JobsApi
from services.cli.display import LiveProgress, err, out, plain, row_table, verdict
from services.cli.errors import FAILED, INTERRUPTED, UsageError
from services.cli.follow import follow

FORMATS = ("csv", "json", "xlsx")
_ROWS_SHOWN = 100
_OF_A_PLACE = ("site_web", "telephone", "adresse", "ville", "category")
"""What a table shows of a place beside its name; the rest of its columns are for files."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a job that was created or named."""

    follow: bool = True
    out_files: Sequence[Path] = ()
    """Where to save the result; each suffix is a format."""
    as_json: bool = False
    """Standard output is for programs: the JobPublic alone."""

    def check(self) -> None:
        """Before anything is created. Raises UsageError."""
        for path in self.out_files:
            format_of(path)
            if not path.absolute().parent.is_dir():
                raise UsageError(f"the folder of {path} does not exist")


def format_of(path: Path) -> str:
    """The format a file's suffix names. Raises UsageError."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise UsageError(f"{path}: the suffix must be one of {', '.join(FORMATS)}")
    return suffix


def conclude(api: JobsApi, job: JobPublic, wishes: Wishes, modules: Mapping[str, ModuleSpec]) -> None:
    """Follow if wished, then show and save. Ends the command with 1 when the job failed or was cancelled."""
    if not wishes.follow and not wishes.out_files:
        err.print(plain(f"{job.job_type} is {job.status}. Follow it with: outsend jobs follow {job.id}"))
        if wishes.as_json:
            print_json(job)
        else:
            print(job.id)
        return
    with LiveProgress(job.job_type) as progress:
        try:
            follow(api, job.id, progress)
        except KeyboardInterrupt:
            progress.say(f"The job goes on. Follow it again with: outsend jobs follow {job.id}")
            progress.say(f"Or stop it with: outsend jobs cancel {job.id}")
            raise typer.Exit(INTERRUPTED) from None
    job = api.job(job.id)
    if wishes.as_json:
        print_json(job)
    elif job.status == "done":
        _show_rows(api, job, progress, modules)
    for path in wishes.out_files if job.download_available else ():
        api.download(job.id, format_of(path), path)
        err.print(plain(f"Saved {path}"))
    err.print(verdict(job), soft_wrap=True)
    if job.status in ("failed", "cancelled"):
        raise typer.Exit(FAILED)


def print_json(value: JobPublic | JobEstimate | Sequence[JobPublic]) -> None:
    """One JSON document on standard output."""
    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def _show_rows(api: JobsApi, job: JobPublic, progress: LiveProgress, modules: Mapping[str, ModuleSpec]) -> None:
    if not job.download_available:
        return
    spec = modules.get(job.job_type)
    reusable = spec is None or spec.reusable_output
    page = api.items(job.id, _ROWS_SHOWN) if reusable else api.whole_output(job.id)
    columns = list(page.items[0]) if page.items else []
    if spec is None:
        keys, produced = columns, list[str]()
    else:
        keys, produced = ([], list(_OF_A_PLACE)) if spec.on_grid else (spec.reads, spec.columns)
    one_row_each = page.count == job.grid_points_count
    out.print(row_table(page, keys, produced, progress.errors if one_row_each else {}))
    if page.count > len(page.items):
        err.print(f"... and {page.count - len(page.items)} further rows: outsend jobs download {job.id} --out FILE")
