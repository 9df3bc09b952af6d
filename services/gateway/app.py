"""The composition root of the gateway: the only file that knows all its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.openapi.spec import Tag

from contracts.manifest import MODULES_FOLDER, ModuleSpec, load_manifests
from services.gateway.availability import missing
from services.gateway.commands import JobCommands
from services.gateway.delivery_check import DeliveryChecks
from services.gateway.idempotency import IdempotencyKeys
from services.gateway.intake import Intake
from services.gateway.resumption import Resumptions
from services.gateway.routes import accounts, api_keys, commands, creation, delivery_check, scrap, sessions
from services.gateway.routes.registry import registry_route
from services.gateway.scrap import ScrapJobs
from services.gateway.submission import Submissions
from services.gateway.tiling import Tiler
from services.gateway.usage import EfUsage
from shared.api.app import make_app
from shared.api.streams import OpenStreams
from shared.geography import Geography
from shared.identity.service import IdentityService
from shared.messaging import streams as declared
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from shared.settings import Settings

SCRAP, DELIVERY_CHECK = "scrap", "delivery_check"
"""The modules with routes of their own; every deployment has them."""

TAGS = (
    Tag(name="accounts", description="Accounts, logins and API keys."),
    Tag(name="jobs", description="Creating, cancelling and deleting jobs."),
    Tag(name="modules", description="What the modules need and produce."),
)


def create_app(
    settings: Settings,
    *,
    modules: Mapping[str, ModuleSpec] | None = None,
    streams: OpenStreams | None = None,
) -> Litestar:
    """The gateway. `modules` are the manifests of `contracts/modules` and of the settings' folders unless given.

    It connects to NATS when it starts, waiting for it as long as it takes.
    """
    modules = load_manifests((MODULES_FOLDER, *settings.module_folders)) if modules is None else modules
    for slug in modules:
        missing(slug, settings)  # a setting that cannot be used stops the process, not the first request

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        client = await connect(settings, "gateway")
        js = client.jetstream()
        log = EventLog(client, "gateway")
        await declared.declare_log(js, settings)
        identity = IdentityService(
            identity=await declared.identity_bucket(js, settings),
            sessions=await declared.sessions_bucket(js, settings),
            limits=await declared.limits_bucket(js, settings),
            settings=settings,
        )
        intake = Intake(log, IdempotencyKeys(await declared.idempotency_bucket(js, settings)))
        tiler = Tiler(await asyncio.to_thread(Geography.load))
        app.state.identity = identity
        app.state.log = log
        app.state.commands = JobCommands(log)
        app.state.usage = EfUsage(log)
        app.state.submissions = Submissions(log=log, intake=intake, modules=modules, settings=settings)
        app.state.scrap = ScrapJobs(spec=modules[SCRAP], intake=intake, tiler=tiler, settings=settings)
        app.state.delivery_checks = DeliveryChecks(spec=modules[DELIVERY_CHECK], intake=intake, settings=settings)
        app.state.resumptions = Resumptions(
            log=log,
            intake=intake,
            spec=modules[SCRAP],
            throttle=identity.throttle,
            rule=creation.creation_rule(settings),
            settings=settings,
        )
        try:
            yield
        finally:
            await identity.aclose()
            await client.close()

    async def log_answers() -> str | None:
        log: EventLog = app.state.log
        await log.last_sequence()
        return None

    app = make_app(
        title="Outsend gateway",
        routes=[
            accounts.register,
            accounts.verify_email,
            accounts.resend_verification,
            accounts.request_password_reset,
            accounts.reset_password,
            sessions.login,
            sessions.logout,
            sessions.get_me,
            api_keys.list_api_keys,
            api_keys.create_api_key,
            api_keys.revoke_api_key,
            *scrap.scrap_routes(modules[SCRAP], settings),
            *delivery_check.delivery_check_routes(modules[DELIVERY_CHECK], settings),
            *creation.creation_routes(modules, settings),
            commands.cancel_job,
            commands.resume_job,
            commands.delete_job,
            registry_route(modules, settings),
        ],
        settings=settings,
        lifespan=lifespan,
        checks={"log": log_answers},
        streams=streams,
        tags=TAGS,
    )
    return app
