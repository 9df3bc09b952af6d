"""GET and HEAD /api/brand-assets/{owner}/{file}: logos, favicons and screenshots, to their owner alone."""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from shared.api.auth import IDENTITY, Caller, require_owner
from shared.api.errors import NotFound, Unavailable
from shared.api.schema import SECURED, problems
from shared.artefacts import ArtefactName, ArtefactStore, ArtefactsUnavailable

_SECONDS = 24 * 3600
"""A browser keeps a picture for a day: its bytes never change, but a log-out should count some time."""


@route(
    "/api/brand-assets/{owner:str}/{file_name:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id=lambda _, method, __: "get_brand_asset" if method == "GET" else "head_brand_asset",
    summary="Get a stored logo, favicon or screenshot",
    tags=["jobs"],
    security=SECURED,
    status_code=200,
    responses={
        200: ResponseSpec(bytes, generate_examples=False, media_type="image/png", description="The picture."),
        304: ResponseSpec(None, description="The client has it: If-None-Match."),
        **problems(401, 403, 404, 503),
    },
    dependencies=IDENTITY,
)
async def brand_asset(
    owner: FromPath[str], file_name: FromPath[str], request: Request[Any, Any, Any], identity: Caller, state: State
) -> Response[bytes]:
    """A picture of the brand_assets columns. Its name is the hash of its bytes, which therefore never change."""
    store: ArtefactStore = state.artefacts
    name = ArtefactName.parse(owner, file_name)
    if name is None:
        raise NotFound("There is no such picture.")
    # Before the store is asked: what another account has is not even said to exist.
    require_owner(identity, name.owner)
    try:
        data = await store.get(name)
    except ArtefactsUnavailable:
        raise Unavailable("Pictures cannot be read at the moment. Try again shortly.") from None
    if data is None:
        raise NotFound("There is no such picture.")
    headers = _headers(name)
    if _has_it(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    content = b"" if request.method == "HEAD" else data
    headers |= {"Content-Length": str(len(data))}
    return Response(content, headers=headers, media_type=name.media_type)


def _headers(name: ArtefactName) -> dict[str, str]:
    return {
        "ETag": f'"{name.sha256}"',
        "Cache-Control": f"private, max-age={_SECONDS}, immutable",
        "Vary": "Cookie, X-API-Key",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Content-Disposition": f'inline; filename="{name.file_name}"',
    }


def _has_it(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: a list of tags, weak ones too, or *."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
