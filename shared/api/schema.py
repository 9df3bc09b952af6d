"""OpenAPI 3.1: the document, how routes describe their errors, and a UI that loads nothing from elsewhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, Operation, Reference, SecurityScheme, Tag
from litestar.params import FromPath

from contracts.jobs import Problem, ValidationProblem
from shared.api.auth import API_KEY_HEADER, SESSION_COOKIE

SECURED: list[dict[str, list[str]]] = [{"session": []}, {"api_key": []}]
"""For routes that take the session cookie or an API key."""


_MEANINGS: dict[int, str] = {
    400: "Understood, and refused; `detail` says why.",
    401: "No credentials, or bad ones.",
    403: "Another account's object, or an account that is inactive or whose e-mail is not verified.",
    404: "Unknown.",
    409: "The Idempotency-Key was used for another body.",
    410: "It was there once.",
    413: "The body is larger than 32 MiB.",
    415: "The body is not JSON.",
    422: "The shape of the body or of a parameter is wrong.",
    429: "A limit is reached; `Retry-After` says when to try again.",
    503: "Not available at the moment; nothing was done. `Retry-After` says when to try again.",
}


def problems(*statuses: int, validation: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> dict[int, ResponseSpec]:
    """The `responses` of a route: the documented body of each of these errors.

    `validation` is the status of the route's validation errors; at 400 they share it with refusals.
    """
    bodies: dict[int, Any] = {HTTPStatus.UNPROCESSABLE_ENTITY: ValidationProblem}
    if validation == HTTPStatus.BAD_REQUEST:
        bodies[HTTPStatus.BAD_REQUEST] = Problem | ValidationProblem
    return {
        status: ResponseSpec(bodies.get(status, Problem), generate_examples=False, description=_MEANINGS[status])
        for status in statuses
    }


def openapi_config(title: str, tags: Sequence[Tag] = ()) -> OpenAPIConfig:
    """The document's head, served at /schema with its UI and /schema/openapi.json."""
    schemes: dict[str, SecurityScheme | Reference] = {
        "session": SecurityScheme(
            type="apiKey", name=SESSION_COOKIE, security_scheme_in="cookie", description="POST /api/auth/login sets it."
        ),
        "api_key": SecurityScheme(
            type="apiKey",
            name=API_KEY_HEADER,
            security_scheme_in="header",
            description="Accepted wherever the cookie is.",
        ),
    }
    return OpenAPIConfig(
        title=title,
        version=_product_version(),
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        components=Components(security_schemes=schemes),
        tags=list(tags) or None,
        use_handler_docstrings=True,
        path="/schema",
        render_plugins=[SwaggerUI(), JsonRenderPlugin()],
    )


def drop_framework_errors(app: Litestar) -> None:
    """Take the framework's own description of a 400 out of the document: we never answer in that shape."""
    for item in (app.openapi_schema.paths or {}).values():
        for method in ("get", "post", "put", "patch", "delete"):
            operation: Operation | None = getattr(item, method)
            responses = (operation.responses or {}) if operation else {}
            refused = responses.get("400")
            if refused is not None and getattr(refused, "description", "") not in _MEANINGS.values():
                del responses["400"]


_UI_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
_ASSETS = {
    "ui.css": ("swagger_style.css", "text/css"),
    "ui.js": ("swagger_bundle.js", "text/javascript"),
    "preset.js": ("swagger_preset.js", "text/javascript"),
}
"""Our names for the files of Swagger UI that the package `offapi` carries."""

_START = """window.onload = () => SwaggerUIBundle({
  url: "/schema/openapi.json", dom_id: "#ui", deepLinking: true, layout: "StandaloneLayout",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
});
"""
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/schema/ui.css"></head>
<body><div id="ui"></div>
<script src="/schema/ui.js"></script><script src="/schema/preset.js"></script><script src="/schema/start.js"></script>
</body></html>
"""


class SwaggerUI(OpenAPIRenderPlugin):
    """Swagger UI from this host alone: no content delivery network learns who reads the documentation."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page."""
        return _PAGE.format(title=openapi_schema["info"]["title"]).encode()

    def receive_router(self, router: Router) -> None:
        """Serve the page's files beside it."""
        router.register(_asset)
        router.after_request = _allow_ui


async def _allow_ui(response: Response[Any]) -> Response[Any]:
    response.headers["Content-Security-Policy"] = _UI_POLICY
    return response


@get("/{name:str}", include_in_schema=False, sync_to_thread=True)
def _asset(name: FromPath[str]) -> Response[bytes]:
    if name == "start.js":
        return Response(_START.encode(), media_type="text/javascript")
    if name not in _ASSETS:
        return Response(b"", status_code=404)
    file, media_type = _ASSETS[name]
    return Response(
        (_ui_folder() / file).read_bytes(), media_type=media_type, headers={"Cache-Control": "public, max-age=86400"}
    )


@cache
def _ui_folder() -> Path:
    # Found, not imported: importing the package formats 9 MB of templates.
    found = importlib.util.find_spec("offapi")
    assert found is not None and found.submodule_search_locations is not None
    return Path(next(iter(found.submodule_search_locations)))


def _product_version() -> str:
    try:
        return version("outsend")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
