"""The OpenAPI document of the whole API: what gateway and projector say of themselves, as one.

`python -m services.edge.openapi` writes it to `contracts/openapi.json`; a test fails when that file is behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

import contracts
from services.gateway.app import create_app as create_gateway
from services.projector.app import create_app as create_projector
from shared.settings import Settings

DOCUMENT = Path(contracts.__file__).parent / "openapi.json"

_INFO = {
    "title": "Outsend API",
    "description": "Find and enrich business leads. A job is the unit of work: create one, watch it, read its output.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    # The API's own version, not the product's: it changes when a client would notice.
    "version": "1",
}


class Contradiction(ValueError):
    """Two services describe the same thing differently."""


def merged(*apps: Litestar) -> dict[str, Any]:
    """One document for all apps, in an order that depends on nothing but their content. Raises Contradiction."""
    documents = [app.openapi_schema.to_schema() for app in apps]
    components: dict[str, dict[str, Any]] = {}
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, list[str]] = {}
    for document in documents:
        for path, item in document.get("paths", {}).items():
            _join(paths.setdefault(path, {}), item, path)
        for kind, named in document.get("components", {}).items():
            _join(components.setdefault(kind, {}), named, kind)
        for tag in document.get("tags", []):
            tags.setdefault(tag["name"], []).append(tag.get("description", ""))
    return {
        "openapi": documents[0]["openapi"],
        "info": _INFO,
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {kind: dict(sorted(named.items())) for kind, named in sorted(components.items())},
        "tags": [{"name": name, "description": " ".join(said)} for name, said in sorted(tags.items())],
    }


def _join(target: dict[str, Any], more: dict[str, Any], where: str) -> None:
    for name, value in more.items():
        if target.setdefault(name, value) != value:
            raise Contradiction(f"{where}: {name!r} is described twice, and differently")


def render() -> bytes:
    """The document as it is committed."""
    settings = Settings()
    document = merged(create_gateway(settings), create_projector(settings, project=False))
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


if __name__ == "__main__":
    DOCUMENT.write_bytes(render())
