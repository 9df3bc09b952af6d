"""Logging in and out, and who one is."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from contracts.accounts import AccountPublic, Credentials
from services.gateway.usage import EfUsage
from shared.api.auth import IDENTITY, SESSION_COOKIE, Caller, check_origin, session_cookie
from shared.api.client_address import client_address
from shared.api.schema import SECURED, problems
from shared.identity.service import IdentityService


@post(
    "/api/auth/login",
    operation_id="login",
    summary="Log in",
    tags=["accounts"],
    status_code=200,
    guards=[check_origin],
    responses=problems(401, 403, 413, 422, 429, 503),
)
async def login(
    data: JSONBody[Credentials], request: Request[Any, Any, State], state: State
) -> Response[AccountPublic]:
    """Sets the cookie `outsend_session`: seven days from the last use. Deactivated users may log in and read."""
    accounts: IdentityService = state.identity
    usage: EfUsage = state.usage
    client = client_address(request, state.settings.trusted_proxies)
    done = await accounts.login(data.email, data.password, client, request.cookies.get(SESSION_COOKIE))
    account = AccountPublic(
        id=done.account.id,
        email=done.account.email,
        email_verified=done.account.email_verified,
        active=done.account.active,
        ef_used=await usage.of(done.account.id),
    )
    return Response(account, cookies=[session_cookie(done.token, state.settings)])


@post(
    "/api/auth/logout",
    operation_id="logout",
    summary="Log out",
    tags=["accounts"],
    status_code=204,
    dependencies=IDENTITY,
    security=SECURED,
    responses={
        204: ResponseSpec(None, generate_examples=False, description="The session is dead; the cookie is taken away."),
        **problems(401, 403, 503),
    },
)
async def logout(identity: Caller, request: Request[Any, Any, State], state: State) -> Response[None]:
    """The session is dead, here and everywhere."""
    accounts: IdentityService = state.identity
    session = request.cookies.get(SESSION_COOKIE)
    if session and identity.via == "session":
        await accounts.logout(session)
    request.state.set_cookie = None
    return Response(None, cookies=[session_cookie("", state.settings)])


@get(
    "/api/auth/me",
    operation_id="get_me",
    summary="The caller",
    tags=["accounts"],
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(401, 503),
)
async def get_me(identity: Caller, state: State) -> AccountPublic:
    """`ef_used` is the sum of `ef_cost` over the jobs created this UTC month."""
    usage: EfUsage = state.usage
    return AccountPublic(
        id=identity.user_id,
        email=identity.email,
        email_verified=identity.email_verified,
        active=identity.active,
        ef_used=await usage.of(identity.user_id),
    )
