"""Creating and estimating searches over zones."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIType, Schema

from contracts.jobs import JobEstimate, JobPublic
from contracts.manifest import ModuleSpec
from services.gateway.routes.creation import IdempotencyKey, creation_rule, with_body
from services.gateway.scrap import ScrapJobs
from services.gateway.search import EXTRA_COLUMNS, MAX_BODY_BYTES, MAX_LENGTH, MAX_QUERIES, MAX_ZONES
from shared.api.auth import IDENTITY, Caller, require_active, require_verified
from shared.api.schema import SECURED, problems
from shared.identity.service import IdentityService
from shared.settings import Settings


def scrap_routes(spec: ModuleSpec, settings: Settings) -> list[HTTPRouteHandler]:
    """POST /api/jobs and POST /api/estimate."""
    rule = creation_rule(settings)

    @post(
        "/api/jobs",
        operation_id="create_scrap_job",
        summary=spec.label.en,
        description=f"{spec.description.en} Gives the new job, pending.",
        tags=["jobs"],
        status_code=200,
        dependencies=IDENTITY,
        security=SECURED,
        responses=problems(400, 401, 403, 409, 413, 415, 422, 429, 503),
        operation_class=with_body(_schema("Scrap job", least=1)),
        request_max_body_size=MAX_BODY_BYTES,
    )
    async def create_scrap_job(
        request: Request[Any, Any, State], identity: Caller, state: State, idempotency_key: IdempotencyKey = None
    ) -> JobPublic:
        require_active(identity)
        require_verified(identity)
        accounts: IdentityService = state.identity
        scrap: ScrapJobs = state.scrap
        await accounts.throttle.take(rule, identity.user_id)
        return await scrap.submit(await request.body(), identity, idempotency_key)

    return [create_scrap_job, estimate_job]


def _schema(title: str, *, least: int) -> Schema:
    text = Schema(type=OpenAPIType.STRING, max_length=MAX_LENGTH)
    listed = "Trimmed; blanks and repetitions do not count."
    properties: dict[str, Any] = {
        "queries": Schema(
            type=OpenAPIType.ARRAY,
            items=text,
            min_items=least,
            max_items=MAX_QUERIES,
            description=f"What to look for. {listed}",
            examples=[["dentiste", "orthodontiste"]],
        ),
        "zones": Schema(
            type=OpenAPIType.ARRAY,
            items=text,
            min_items=least,
            max_items=MAX_ZONES,
            description="Where: towns, postal codes, arrondissements, INSEE codes, départements, regions, `France`, "
            f"`Ville 30km`. {listed}",
            examples=[["Paris", "75015", "Lyon 2e"]],
        ),
        "include_reviews": Schema(
            type=OpenAPIType.BOOLEAN, default=False, description="Adds `latest_reviews`; doubles the cost."
        ),
        "extra_columns": Schema(
            type=OpenAPIType.ARRAY,
            items=Schema(type=OpenAPIType.STRING),
            default=[],
            description=f"Optional columns: {', '.join(EXTRA_COLUMNS)}. Others are ignored.",
        ),
        "country": Schema(type=OpenAPIType.STRING, default="FRA", description="No other one is covered."),
        "stop_at": Schema(
            type=[OpenAPIType.INTEGER, OpenAPIType.NULL],
            minimum=1,
            description="End the job when it has about so many places.",
        ),
        "scrap_mode": Schema(
            type=OpenAPIType.STRING,
            enum=["fast", "normal", "ultra"],
            default="normal",
            description="fast: the first page of each tile; normal: all pages, full tiles are split; ultra: normal on "
            "a grid one level finer.",
        ),
    }
    return Schema(
        type=OpenAPIType.OBJECT, title=title, properties=properties, required=["queries", "zones"] if least else None
    )


@post(
    "/api/estimate",
    operation_id="estimate_job",
    summary="Estimate a scrap job",
    tags=["jobs"],
    status_code=200,
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(401, 403, 413, 415, 422, 503),
    operation_class=with_body(_schema("Estimate", least=0)),
    request_max_body_size=MAX_BODY_BYTES,
)
async def estimate_job(request: Request[Any, Any, State], identity: Caller, state: State) -> JobEstimate:
    """What such a job would cost and how long it would take. Nothing is created, charged or counted."""
    scrap: ScrapJobs = state.scrap
    return await scrap.estimate(await request.body())
