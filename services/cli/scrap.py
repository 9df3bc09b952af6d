"""`outsend scrap` and `outsend estimate`: places by what they are and where."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from contracts.jobs import ScrapBody
from contracts.manifest import ModuleSpec
from services.cli.api import JobsApi
from services.cli.display import estimate_table, out
from services.cli.errors import FAILED
from services.cli.results import Wishes, conclude, print_json
from services.cli.surroundings import credentials, service_url


class Mode(enum.StrEnum):
    """How far to search; the values of ScrapMode."""

    fast = "fast"
    normal = "normal"
    ultra = "ultra"


class Extra(enum.StrEnum):
    """Optional columns."""

    gps = "gps"
    departement = "departement"
    region = "region"


_ENDPOINT = "/api/jobs"

Queries = Annotated[
    list[str],
    typer.Option("--query", "-q", help="What to look for, e.g. dentiste; may be repeated", show_default=False),
]
Zones = Annotated[
    list[str],
    typer.Option(
        "--zone",
        "-z",
        help="Where: a town, postal code, arrondissement, département, region, France, 'Ville 30km'; may be repeated",
        show_default=False,
    ),
]
StopAt = Annotated[int | None, typer.Option(min=1, help="End the job when it has about so many places")]
ModeOption = Annotated[
    Mode, typer.Option("--mode", help="fast: the first page of each tile; ultra: a finer grid, and its cost")
]
Reviews = Annotated[bool, typer.Option("--reviews", help="Add the latest reviews of each place; doubles the cost")]
Extras = Annotated[list[Extra] | None, typer.Option("--extra", help="A further column; may be repeated")]


def scrap_commands(modules: Mapping[str, ModuleSpec]) -> dict[str, Callable[..., None]]:
    """The commands by name."""

    def scrap(  # noqa: PLR0917 - typer passes them by name
        query: Queries,
        zone: Zones,
        stop_at: StopAt = None,
        mode: ModeOption = Mode.normal,
        reviews: Reviews = False,
        extra: Extras = None,
        follow: Annotated[bool, typer.Option("--follow/--no-follow", "-f", help="Watch it to its end")] = False,
        out_file: Annotated[
            list[Path] | None,
            typer.Option("--out", "-o", help="Follow, then save here: .csv, .json or .xlsx; may be repeated"),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the job as JSON")] = False,
    ) -> None:
        """Find places: every query over every tile of the zones."""
        wishes = Wishes(follow=follow, out_files=out_file or (), as_json=as_json)
        wishes.check()
        body = _body(query, zone, stop_at, mode, reviews, extra)
        with JobsApi(service_url(), credentials()) as api:
            conclude(api, api.create(_ENDPOINT, body), wishes, modules)

    return {"scrap": scrap, "estimate": estimate}


def estimate(  # noqa: PLR0917 - typer passes them by name
    query: Queries,
    zone: Zones,
    stop_at: StopAt = None,
    mode: ModeOption = Mode.normal,
    reviews: Reviews = False,
    extra: Extras = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimate as JSON")] = False,
) -> None:
    """What `outsend scrap` with the same words would cost. Ends with 1 when such a job would be refused."""
    with JobsApi(service_url(), credentials()) as api:
        found = api.estimate(_body(query, zone, stop_at, mode, reviews, extra))
    if as_json:
        print_json(found)
    else:
        out.print(estimate_table(found))
    if not found.valid:
        raise typer.Exit(FAILED)


def _body(  # noqa: PLR0917
    queries: list[str], zones: list[str], stop_at: int | None, mode: Mode, reviews: bool, extra: list[Extra] | None
) -> ScrapBody:
    return ScrapBody(
        queries=queries,
        zones=zones,
        include_reviews=reviews,
        extra_columns=[column.value for column in extra or ()],
        stop_at=stop_at,
        scrap_mode=mode.value,
    )
