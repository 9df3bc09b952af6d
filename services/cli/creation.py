"""`outsend jobs create MODULE …`: one command per manifest, with the module's options as flags."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.manifest import ModuleSpec, Option
from services.cli.api import JobsApi
from services.cli.errors import UsageError
from services.cli.leads import read_leads
from services.cli.results import Wishes, conclude
from services.cli.surroundings import credentials, service_url


def creation_app(modules: Mapping[str, ModuleSpec]) -> typer.Typer:
    """The command group. A module that was only announced has no command; one over a grid is `outsend scrap`."""
    app = typer.Typer(no_args_is_help=True, help="Create a job.")
    for spec in modules.values():
        if not spec.coming_soon and not spec.on_grid:
            app.command(spec.path, help=spec.description.en)(_command(spec, modules))
    return app


def _command(spec: ModuleSpec, modules: Mapping[str, ModuleSpec]) -> Callable[..., None]:
    def create(
        follow: bool,
        out_file: list[Path],
        as_json: bool,
        leads: list[str] | None = None,
        source_job: str = "",
        **options: Any,
    ) -> None:
        if spec.takes_items and not leads and not source_job:
            raise UsageError("give leads (a CSV or JSON file, or sites), or --source-job")
        wishes = Wishes(follow=follow, out_files=out_file or (), as_json=as_json)
        wishes.check()
        body = {name: value.value if isinstance(value, enum.Enum) else value for name, value in options.items()}
        if leads:
            body["items"] = read_leads(leads, spec.reads[0])
        if source_job:
            body["source_job_id"] = source_job
        with JobsApi(service_url(), credentials()) as api:
            conclude(api, api.create(spec.endpoint, body), wishes, modules)

    given = _rows(spec) if spec.takes_items else []
    parameters = [*given, *_common(), *(_flag(option) for option in spec.options)]
    # typer reads a command's parameters from its signature; here they come from the manifest.
    create.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    create.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return create


def _rows(spec: ModuleSpec) -> list[inspect.Parameter]:
    leads = f"CSV or JSON files with {', '.join(spec.requirements)} (`-`: standard input), or single values"
    return [
        _parameter("leads", list[str] | None, typer.Argument(help=leads, metavar="FILE|VALUE"), None),
        _parameter(
            "source_job",
            str,
            typer.Option("--source-job", "--from", help="Take the rows of this job of yours as leads"),
            "",
        ),
    ]


def _common() -> list[inspect.Parameter]:
    return [
        _parameter("follow", bool, typer.Option("--follow/--no-follow", "-f", help="Watch it to its end"), False),
        _parameter(
            "out_file",
            list[Path] | None,
            typer.Option("--out", "-o", help="Follow, then save here: .csv, .json or .xlsx; may be repeated"),
            None,
        ),
        _parameter("as_json", bool, typer.Option("--json", help="Print the job as JSON"), False),
    ]


def _flag(option: Option) -> inspect.Parameter:
    flag = typer.Option(help=option.meaning)
    if option.type == "boolean":
        return _parameter(option.name, bool, flag, option.default)
    if not option.choices:
        return _parameter(option.name, str, flag, option.default)
    choices = enum.StrEnum(option.name, {choice: choice for choice in option.choices})  # type: ignore[misc]
    return _parameter(option.name, choices, flag, choices(str(option.default)))


def _parameter(name: str, kind: Any, described: Any, default: Any) -> inspect.Parameter:
    annotation = Annotated[kind, described]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
