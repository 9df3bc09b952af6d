"""The modules there are."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get
from litestar.handlers import HTTPRouteHandler

from contracts.manifest import ModuleSpec, RegistryEntry
from shared.modulekit.registry import registry_entry


def registry_route(modules: Mapping[str, ModuleSpec]) -> HTTPRouteHandler:
    """GET /api/modules-registry."""
    entries = [registry_entry(spec) for spec in modules.values()]

    @get(
        "/api/modules-registry",
        operation_id="list_modules",
        summary="List the modules",
        tags=["modules"],
        sync_to_thread=False,
    )
    def list_modules() -> list[RegistryEntry]:
        """What each module needs, produces and is called; anyone may ask."""
        return entries

    return list_modules
