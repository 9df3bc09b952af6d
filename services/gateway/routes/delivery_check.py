"""Checking where a domain's messages are put."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIType, Schema

from contracts.jobs import JobPublic, SeedAddress
from contracts.manifest import ModuleSpec
from services.gateway.delivery_check import MAX_BODY_BYTES, MAX_SUBJECT, DeliveryChecks
from services.gateway.routes.creation import IdempotencyKey, creation_rule, with_body
from shared.api.auth import IDENTITY, Caller, require_active
from shared.api.schema import SECURED, problems
from shared.identity.service import IdentityService
from shared.settings import Settings

_BODY = Schema(
    type=OpenAPIType.OBJECT,
    title="Delivery check",
    properties={
        "domain": Schema(
            type=OpenAPIType.STRING,
            max_length=253,
            description="Of the sender's address; hosts below it count too.",
            examples=["example.com"],
        ),
        "subject_filter": Schema(
            type=[OpenAPIType.STRING, OpenAPIType.NULL],
            max_length=MAX_SUBJECT,
            description="Part of the subject, whatever its capitals; without it any message of the domain will do.",
            examples=["outsend"],
        ),
    },
    required=["domain"],
)


def delivery_check_routes(spec: ModuleSpec, settings: Settings) -> list[HTTPRouteHandler]:
    """POST /api/jobs/delivery-check and GET /api/delivery-check/seeds."""
    rule = creation_rule(settings)

    @post(
        spec.endpoint,
        operation_id=f"create_{spec.slug}_job",
        summary=spec.label.en,
        description=f"{spec.description.en} Gives the new job, pending.",
        tags=["jobs"],
        status_code=200,
        dependencies=IDENTITY,
        security=SECURED,
        responses=problems(400, 401, 403, 409, 413, 415, 422, 429, 503),
        operation_class=with_body(_BODY),
        request_max_body_size=MAX_BODY_BYTES,
    )
    async def create_delivery_check(
        request: Request[Any, Any, State], identity: Caller, state: State, idempotency_key: IdempotencyKey = None
    ) -> JobPublic:
        require_active(identity)
        accounts: IdentityService = state.identity
        checks: DeliveryChecks = state.delivery_checks
        await accounts.throttle.take(rule, identity.user_id)
        return await checks.submit(await request.body(), identity, idempotency_key)

    return [create_delivery_check, seed_addresses]


@get(
    "/api/delivery-check/seeds",
    operation_id="list_seed_inboxes",
    summary="List the seed inboxes",
    tags=["jobs"],
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(401, 503),
)
async def seed_addresses(identity: Caller, state: State) -> list[SeedAddress]:
    """The addresses to send a test message to before or after a delivery check is created; none: not offered here."""
    checks: DeliveryChecks = state.delivery_checks
    return checks.addresses()
