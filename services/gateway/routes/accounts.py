"""Registration, verification and passwords: routes for people who are not logged in yet.

None of them tells whether an address has an account.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody

from contracts.accounts import Credentials, EmailBody, NewPassword, TokenBody
from contracts.jobs import Ok
from shared.api.auth import check_origin
from shared.api.client_address import client_address
from shared.api.schema import problems
from shared.identity.service import IdentityService


@post(
    "/api/auth/register",
    operation_id="register",
    summary="Create an account",
    tags=["accounts"],
    status_code=201,
    guards=[check_origin],
    responses=problems(403, 413, 422, 429, 503),
)
async def register(data: JSONBody[Credentials], request: Request[Any, Any, State], state: State) -> Ok:
    """A link to verify the address comes by mail. A taken address gets the same answer, and another mail."""
    accounts: IdentityService = state.identity
    await accounts.register(data.email, data.password, client_address(request, state.settings.trusted_proxies))
    return Ok()


@post(
    "/api/auth/verify-email",
    operation_id="verify_email",
    summary="Verify an e-mail address",
    tags=["accounts"],
    status_code=200,
    guards=[check_origin],
    responses=problems(400, 403, 413, 422, 503),
)
async def verify_email(data: JSONBody[TokenBody], state: State) -> Ok:
    """With the token from the mail: good once, for 24 hours."""
    accounts: IdentityService = state.identity
    await accounts.verify_email(data.token)
    return Ok()


@post(
    "/api/auth/resend-verification",
    operation_id="resend_verification",
    summary="Send the verification mail again",
    tags=["accounts"],
    status_code=200,
    guards=[check_origin],
    responses=problems(403, 413, 422, 429, 503),
)
async def resend_verification(data: JSONBody[EmailBody], state: State) -> Ok:
    """Three times an hour."""
    accounts: IdentityService = state.identity
    await accounts.resend_verification(data.email)
    return Ok()


@post(
    "/api/auth/request-password-reset",
    operation_id="request_password_reset",
    summary="Ask for a link to a new password",
    tags=["accounts"],
    status_code=200,
    guards=[check_origin],
    responses=problems(403, 413, 422, 429, 503),
)
async def request_password_reset(data: JSONBody[EmailBody], request: Request[Any, Any, State], state: State) -> Ok:
    """Three times an hour per address of the client and of the mail."""
    accounts: IdentityService = state.identity
    await accounts.request_password_reset(data.email, client_address(request, state.settings.trusted_proxies))
    return Ok()


@post(
    "/api/auth/reset-password",
    operation_id="reset_password",
    summary="Set a new password",
    tags=["accounts"],
    status_code=200,
    guards=[check_origin],
    responses=problems(400, 403, 413, 422, 503),
)
async def reset_password(data: JSONBody[NewPassword], state: State) -> Ok:
    """With the token from the mail; every session ends."""
    accounts: IdentityService = state.identity
    await accounts.reset_password(data.token, data.password)
    return Ok()
