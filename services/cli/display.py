"""What commands show: the live progress, tables of jobs and rows."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import msgspec
from rich.console import Console
from rich.control import strip_control_codes
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from contracts.events import ItemError
from contracts.jobs import ItemsPage, JobEstimate, JobPublic
from contracts.stream import ErrorFrame, LogFrame, ProgressFrame, StatusFrame
from services.cli.follow import Frame

err = Console(stderr=True, highlight=False)
out = Console(highlight=False)
if not out.is_terminal:  # a file or a pipe has no width; tables keep to a readable one
    out = Console(highlight=False, width=160)

_LINE_EVERY = 2.0
"""Seconds between two lines of progress where there is no terminal to draw a bar on."""
_COLORS = {"done": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}


def plain(value: Any) -> Text:
    """A value from outside as text that cannot steer the terminal; lines stay lines."""
    if value is None:
        return Text("")
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Text("".join(each if each.isprintable() or each == "\n" else " " for each in strip_control_codes(text)))


def _cell(value: Any) -> Text:
    """A value on one line; of a URL what tells it from others."""
    return plain(" ".join(value.split()).removeprefix("https://").rstrip("/") if isinstance(value, str) else value)


class LiveProgress:
    """A bar on a terminal, a line now and then elsewhere; both on standard error."""

    def __init__(self, title: str) -> None:
        self.errors: dict[int, tuple[str, ItemError]] = {}
        """Items that ended in error: their label and why, by index."""
        self._title = title
        self._line_at = 0.0
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=err,
            disable=not err.is_terminal,
        )
        self._task = self._progress.add_task(title, total=None, note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, frame: Frame) -> None:
        """Move the bar; print log lines above it."""
        match frame:
            case ProgressFrame():
                if frame.error is not None:
                    self.errors[frame.index] = (frame.label, frame.error)
                self._move(frame.processed_points, frame.grid_points_count, frame.results_count, frame.error_count)
            case StatusFrame():
                self._move(frame.processed_points, frame.grid_points_count, frame.results_count, frame.error_count)
            case ErrorFrame():
                self.say(f"The event stream failed: {frame.message}")
            case LogFrame():
                self.say(f"{frame.level}: {frame.message}")

    def say(self, line: str) -> None:
        """A line above the bar."""
        self._progress.console.print(plain(line), style="dim")

    def _move(self, processed: int, total: int, results: int, errors: int) -> None:
        note = _found(self._title, results) + (f", {errors} in error" if errors else "")
        self._progress.update(self._task, completed=processed, total=total, note=note)
        now = time.monotonic()
        if not err.is_terminal and (now - self._line_at > _LINE_EVERY or processed == total):
            self._line_at = float("inf") if processed == total else now
            print(f"{self._title}: {processed}/{total}, {note}", file=sys.stderr, flush=True)


def _found(job_type: str, results: int) -> str:
    """What the results of a job are: an item has some or none, a search finds places."""
    return f"{results} {'places' if job_type == 'scrap' else 'with results'}"


def job_table(jobs: Sequence[JobPublic]) -> Table:
    """Jobs, one a line."""
    table = Table("id", "module", "status", "processed", "results", "errors", "EF", "created", box=None)
    for job in jobs:
        status = Text(job.status, style=_COLORS.get(job.status, ""))
        counts = (f"{job.processed_points}/{job.grid_points_count}", str(job.results_count), str(job.error_count))
        table.add_row(job.id, job.job_type, status, *counts, f"{job.ef_cost:.3f}", job.created_at)
    return table


def job_details(job: JobPublic) -> Table:
    """One job, one field a line; fields that say nothing are left out."""
    table = Table(box=None, show_header=False)
    for name, value in msgspec.structs.asdict(job).items():
        if value not in (None, [], {}, ""):
            table.add_row(Text(name, style="bold"), _cell(value))
    return table


def estimate_table(estimate: JobEstimate) -> Table:
    """What a scrap job would be, and what stands against it."""
    table = Table(box=None, show_header=False)
    lines = {
        "tiles": f"{estimate.grid_points}",
        "requests": f"{estimate.total_requests} ({estimate.queries_count} to a tile)",
        "cost": f"{estimate.ef_cost:.3f} EF",
        "time": f"about {timedelta(seconds=estimate.estimated_duration_seconds)}",
    }
    for name, value in lines.items():
        table.add_row(Text(name, style="bold"), value)
    for name, said, style in (("warning", estimate.warnings, "yellow"), ("error", estimate.errors, "red")):
        for sentence in said:
            table.add_row(Text(name, style=style), plain(sentence))
    return table


def row_table(
    page: ItemsPage, keys: Sequence[str], produced: Sequence[str], errors: dict[int, tuple[str, ItemError]]
) -> Table:
    """Rows: what a person recognises them by, what was found, and why nothing was.

    `errors` are by the index of the item, which is that of the row where each item has one.
    """
    present = [key for key in dict.fromkeys(("nom", *keys)) if any(key in row for row in page.items)]
    table = Table(box=None, header_style="bold", row_styles=["", "dim"] if out.is_terminal else None)
    for name in (*present, *produced, *(["error"] if errors else [])):
        table.add_column(name, no_wrap=True)
    for index, row in enumerate(page.items):
        cells = [_cell(row.get(name)) for name in (*present, *produced)]
        why = [Text(errors[index][1].code, style="red") if index in errors else Text("")] if errors else []
        table.add_row(*cells, *why)
    return table


def verdict(job: JobPublic) -> Text:
    """One line on how a job ended."""
    words = (
        f"{job.id} {job.status}: {_found(job.job_type, job.results_count)}, {job.error_count} in error, "
        f"{job.processed_points} of {job.grid_points_count} processed"
    )
    line = Text(words, style=_COLORS.get(job.status, ""))
    return line.append(f". {job.error_message}") if job.error_message else line
