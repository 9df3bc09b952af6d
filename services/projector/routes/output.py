"""What a job came to: rows as JSON, reports, and downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from litestar import get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from contracts.jobs import ItemsPage, JobMap, ReportPage
from services.projector.maps import Maps
from services.projector.pages import decoded_pages, json_page
from services.projector.reader import Reader
from services.projector.routes.parameters import Limit, Offset, parse_page
from shared.api.auth import IDENTITY, Caller, Identity, require_owner
from shared.api.errors import BadRequest, Gone
from shared.api.schema import SECURED, problems
from shared.export.errors import ExportError
from shared.export.formats import EXPORTERS, MEDIA_TYPES, file_name
from shared.job.state import status_of
from shared.store import JobView, Views

MOST_ROWS = 10_000
GEOJSON = "application/geo+json"


@get(
    "/api/jobs/{job_id:str}/items",
    operation_id="list_job_items",
    summary="List a job's items",
    tags=["jobs"],
    security=SECURED,
    responses={
        200: ResponseSpec(ItemsPage, generate_examples=False, description="Raw values, in the order of the output."),
        **problems(400, 401, 403, 404, 410, 422, 503),
    },
    dependencies=IDENTITY,
)
async def job_items(
    job_id: FromPath[str], identity: Caller, state: State, limit: Limit = None, offset: Offset = None
) -> Stream:
    """The rows of a done job, for chaining into another one. `limit` is clamped to 1 … 10 000."""
    view, views = await _owned(job_id, identity, state.reader)
    count, start = parse_page(limit, offset, most=MOST_ROWS)
    if view.state.expired:
        raise Gone("The job's output has expired.")
    if _status(view) != "done":
        raise BadRequest("The job is not done.")
    if not view.state.reusable_output:
        raise BadRequest("This type of job has no reusable output.")
    return await _stream(json_page(views, view, "rows", offset=start, limit=count), "application/json")


@get(
    "/api/jobs/{job_id:str}/report",
    operation_id="get_job_report",
    summary="Read a job's full reports",
    tags=["jobs"],
    security=SECURED,
    responses={
        200: ResponseSpec(ReportPage, generate_examples=False, description="One entry per item that has a report."),
        **problems(400, 401, 403, 404, 410, 422, 503),
    },
    dependencies=IDENTITY,
)
async def job_report(
    job_id: FromPath[str], identity: Caller, state: State, limit: Limit = None, offset: Offset = None
) -> Stream:
    """The full per-item reports of an ended job, where its module makes one. `limit` is clamped to 1 … 10 000."""
    view, views = await _owned(job_id, identity, state.reader)
    count, start = parse_page(limit, offset, most=MOST_ROWS)
    _must_have_ended(view)
    if view.state.expired:
        raise Gone("The job's reports have expired.")
    return await _stream(json_page(views, view, "reports", offset=start, limit=count), "application/json")


@get(
    "/api/jobs/{job_id:str}/map",
    operation_id="get_job_map",
    summary="See a scrap job on a map",
    tags=["jobs"],
    security=SECURED,
    responses={
        200: ResponseSpec(JobMap, generate_examples=False, media_type=GEOJSON, description="GeoJSON, RFC 7946."),
        **problems(400, 401, 403, 404, 410, 503),
    },
    dependencies=IDENTITY,
)
async def job_map(job_id: FromPath[str], identity: Caller, state: State) -> Stream:
    """A scrap job's tiles with their state and its places, of a large job the first 10 000; also while it runs."""
    view, views = await _owned(job_id, identity, state.reader)
    maps: Maps = state.maps
    if not view.state.on_grid:
        raise BadRequest("Only a scrap job has a map.")
    if view.state.expired:
        raise Gone("The job's map has expired.")
    return await _stream(maps.draw(view, views), GEOJSON)


Format = Annotated[
    str | None,
    QueryParameter(
        name="format", required=False, description="csv (the default), json or xlsx.", schema_extra={"default": "csv"}
    ),
]


@get(
    "/api/jobs/{job_id:str}/download",
    operation_id="download_job",
    summary="Download a job's result",
    tags=["jobs"],
    security=SECURED,
    responses={
        200: ResponseSpec(bytes, generate_examples=False, media_type=MEDIA_TYPES["csv"], description="The file."),
        **problems(400, 401, 403, 404, 410, 503),
    },
    dependencies=IDENTITY,
)
async def download_job(job_id: FromPath[str], identity: Caller, state: State, export_format: Format = None) -> Stream:
    """The output as a file, safe to open in a spreadsheet; of a failed or cancelled job its partial rows."""
    view, views = await _owned(job_id, identity, state.reader)
    kind = "csv" if export_format is None else export_format
    if kind not in EXPORTERS:
        raise BadRequest("Unsupported format: use csv, json or xlsx.")
    _must_have_ended(view)
    if view.state.expired:
        raise Gone("The job's output has expired.")
    if not view.row_count:
        raise Gone("The job has no output.")
    chunks = EXPORTERS[kind](view.columns, decoded_pages(views, view), view.state.list_columns)
    name = file_name(view.state.output_filename, kind)
    return await _stream(chunks, MEDIA_TYPES[kind], {"Content-Disposition": f'attachment; filename="{name}"'})


async def _owned(job_id: str, identity: Identity, reader: Reader) -> tuple[JobView, Views]:
    view, views = await reader.stored(job_id)
    require_owner(identity, view.state.tenant)
    return view, views


def _status(view: JobView) -> str:
    return status_of(view.state, view_ready=view.ready)


def _must_have_ended(view: JobView) -> None:
    if _status(view) in ("pending", "running"):
        raise BadRequest("The job has not ended.")


async def _stream(chunks: AsyncIterator[bytes], media_type: str, headers: dict[str, str] | None = None) -> Stream:
    """A response of these chunks, whose first is there already: what fails before it can still be answered."""
    try:
        first: Sequence[bytes] = [await anext(chunks)]
    except ExportError as error:
        raise BadRequest(str(error)) from None

    async def body() -> AsyncIterator[bytes]:
        yield first[0]
        async for chunk in chunks:
            yield chunk

    # As a header: the framework would add a second charset to a text type.
    return Stream(body(), media_type=media_type, headers={"Content-Type": media_type, **(headers or {})})


__all__ = ["download_job", "job_items", "job_map", "job_report"]
