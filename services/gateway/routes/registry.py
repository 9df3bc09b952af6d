"""The modules there are."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get
from litestar.handlers import HTTPRouteHandler

from contracts.manifest import ModuleSpec, RegistryEntry
from services.gateway.availability import missing
from shared.modulekit.registry import registry_entry
from shared.settings import Settings


def registry_route(modules: Mapping[str, ModuleSpec], settings: Settings) -> HTTPRouteHandler:
    """GET /api/modules-registry."""

    @get(
        "/api/modules-registry",
        operation_id="list_modules",
        summary="List the modules",
        tags=["modules"],
        sync_to_thread=False,
    )
    def list_modules() -> list[RegistryEntry]:
        """What each module needs, produces and is called; anyone may ask."""
        return [registry_entry(spec, unavailable=missing(slug, settings) is not None) for slug, spec in modules.items()]

    return list_modules
