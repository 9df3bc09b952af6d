"""Creating item-driven jobs: one route per module, made from its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from litestar import Request, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import HeaderParameter

from contracts.jobs import JobPublic
from contracts.manifest import ModuleSpec, Option
from services.gateway.submission import Submissions
from shared.api.auth import IDENTITY, Caller, require_active
from shared.api.schema import SECURED, problems
from shared.identity.service import IdentityService
from shared.identity.throttle import Rule
from shared.settings import Settings

IdempotencyKey: TypeAlias = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", description="The same key and body within 24 h give the same job."),
]


def creation_rule(settings: Settings) -> Rule:
    """How often a user may create jobs, of whatever kind."""
    return Rule("jobs", settings.job_creations_per_minute, 60.0)


def creation_routes(modules: Mapping[str, ModuleSpec], settings: Settings) -> list[HTTPRouteHandler]:
    """POST /api/jobs/{type} for every module whose jobs are made of the client's items."""
    rule = creation_rule(settings)
    return [_creation_route(spec, rule, settings) for spec in modules.values() if spec.takes_items and not spec.on_grid]


def _creation_route(spec: ModuleSpec, rule: Rule, settings: Settings) -> HTTPRouteHandler:
    @post(
        f"/api/jobs/{spec.path}",
        operation_id=f"create_{spec.slug}_job",
        summary=spec.label.en,
        description=f"{spec.description.en} Gives the new job, pending.",
        tags=["jobs"],
        status_code=200,
        dependencies=IDENTITY,
        security=SECURED,
        responses=problems(*(400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503), validation=spec.validation_status),
        operation_class=with_body(_body_schema(spec, settings.max_items)),
    )
    async def create(
        request: Request[Any, Any, State],
        identity: Caller,
        state: State,
        idempotency_key: IdempotencyKey = None,
    ) -> JobPublic:
        require_active(identity)
        accounts: IdentityService = state.identity
        submissions: Submissions = state.submissions
        await accounts.throttle.take(rule, identity.user_id)
        # Read here and not by the framework: nobody makes us hold 32 MiB before we know who it is.
        return await submissions.submit(spec, await request.body(), identity, idempotency_key)

    return create


def with_body(schema: Schema) -> type[Operation]:
    """How a route describes a body that it reads itself."""

    @dataclass
    class DescribedOperation(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                content={"application/json": OpenAPIMediaType(schema=schema)}, required=True
            )

    return DescribedOperation


def _body_schema(spec: ModuleSpec, max_items: int) -> Schema:
    item = Schema(
        type=OpenAPIType.OBJECT,
        description=f"A row with any keys, of which the module reads: {', '.join(spec.requirements)}.",
        properties={key: Schema(type=OpenAPIType.STRING) for key in spec.reads},
        additional_properties=True,
    )
    properties: dict[str, Any] = {
        "items": Schema(
            type=[OpenAPIType.ARRAY, OpenAPIType.NULL],
            items=item,
            min_items=1,
            max_items=max_items,
            description="May be absent when source_job_id names a done job: its rows are the items.",
        ),
        "source_job_id": Schema(
            type=[OpenAPIType.STRING, OpenAPIType.NULL], description="One of your jobs, to chain the new one to."
        ),
    }
    return Schema(
        type=OpenAPIType.OBJECT,
        title=f"{spec.label.en} job",
        properties=properties | {option.name: _option_schema(option) for option in spec.options},
    )


def _option_schema(option: Option) -> Schema:
    return Schema(
        type=OpenAPIType.BOOLEAN if option.type == "boolean" else OpenAPIType.STRING,
        enum=option.choices or None,
        default=option.default,
        description=option.meaning,
    )
