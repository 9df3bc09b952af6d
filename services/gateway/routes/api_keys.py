"""The caller's API keys."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from contracts.accounts import ApiKeyBody, ApiKeyCreated, ApiKeyPublic
from shared.api.auth import IDENTITY, Caller, require_active
from shared.api.schema import SECURED, problems
from shared.identity.api_keys import ApiKey
from shared.identity.errors import UnknownApiKey
from shared.identity.service import IdentityService


@get(
    "/api/auth/api-keys",
    operation_id="list_api_keys",
    summary="List the API keys",
    tags=["accounts"],
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(401, 503),
)
async def list_api_keys(identity: Caller, state: State) -> list[ApiKeyPublic]:
    """Oldest first, without their secrets."""
    accounts: IdentityService = state.identity
    return [_public(key) for key in await accounts.list_api_keys(identity.user_id)]


@post(
    "/api/auth/api-keys",
    operation_id="create_api_key",
    summary="Create an API key",
    tags=["accounts"],
    status_code=201,
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def create_api_key(data: JSONBody[ApiKeyBody], identity: Caller, state: State) -> ApiKeyCreated:
    """`key` is shown this once: only its hash is kept."""
    require_active(identity)
    accounts: IdentityService = state.identity
    key, secret = await accounts.create_api_key(identity.user_id, data.name.strip() or "API key")
    shown = _public(key)
    return ApiKeyCreated(id=shown.id, name=shown.name, prefix=shown.prefix, created_at=shown.created_at, key=secret)


@delete(
    "/api/auth/api-keys/{key_id:str}",
    operation_id="revoke_api_key",
    summary="Revoke an API key",
    tags=["accounts"],
    status_code=204,
    dependencies=IDENTITY,
    security=SECURED,
    responses=problems(401, 403, 404, 503),
)
async def revoke_api_key(key_id: FromPath[str], identity: Caller, state: State) -> None:
    """The key opens nothing any more."""
    accounts: IdentityService = state.identity
    if all(key.id != key_id for key in await accounts.list_api_keys(identity.user_id)):
        raise UnknownApiKey
    require_active(identity)
    await accounts.revoke_api_key(identity.user_id, key_id)


def _public(key: ApiKey) -> ApiKeyPublic:
    return ApiKeyPublic(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        created_at=_shown(key.created_at),
        last_used_at=_shown(key.last_used_at) if key.last_used_at is not None else None,
    )


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
