"""GET /api/modules-registry: what the manifests say, as clients build their forms from it."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.manifest import ModuleSpec, RegistryEntry


def registry(modules: Mapping[str, ModuleSpec]) -> list[RegistryEntry]:
    """One entry per module, in alphabetical order."""
    return [
        RegistryEntry(
            slug=spec.slug,
            category=spec.category,
            label=spec.label,
            needs=spec.needs,
            produces=spec.columns,
            pipelinable=spec.pipelinable,
            is_on_demand=spec.is_on_demand,
            coming_soon=spec.coming_soon,
            alpha_unavailable=False,
            api_endpoint=f"/api/jobs/{spec.path}",
        )
        for spec in modules.values()
    ]
